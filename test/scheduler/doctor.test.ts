import { expect, test } from 'vitest';
import { SchedulerUnderTest } from '../support/scheduler-under-test.ts';

const job = (more: string): string => `${more}\nsteps: [{ name: one, command: "true" }]\n`;
const many = (count: number, text: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`job-${10 + i}.yml`, text]));

test('a variable or secret that many jobs miss is told once, with some of them', async () => {
  const { scheduler } = await SchedulerUnderTest.start({
    ...many(25, job('requires_env: [NOWHERE_SET]\nsecrets: [NEVER_KEPT]')),
    'alone.yml': job('requires_env: [NOT_SET_EITHER]'),
  });
  const messages = (await scheduler.doctor()).filter(({ isOk }) => !isOk).map(({ message }) => message);
  const first = Array.from({ length: 20 }, (_, i) => `job-${10 + i}`).join(', ');
  const told = (name: string) => messages.filter((message) => message.includes(name));
  expect(told('NOWHERE_SET')).toEqual([
    `NOWHERE_SET is not set; ${first} and 5 more require it. Set it in your shell's profile.`,
  ]);
  expect(told('NOT_SET_EITHER')).toEqual([
    "NOT_SET_EITHER is not set; alone requires it. Set it in your shell's profile.",
  ]);
  expect((await scheduler.doctor()).filter(({ message }) => message.includes('NEVER_KEPT'))).toMatchObject([
    { message: expect.stringContaining(`${first} and 5 more use it.`) },
  ]);
});

test('of two files with one id the one with a version to run says what is kept', async () => {
  const under = await SchedulerUnderTest.start({ 'a.yml': job('keep: { runs: 7 }') });
  const { scheduler } = under;
  await scheduler.ended(scheduler.addJob('a').id);
  const keep = async () =>
    (await scheduler.storage.list()).jobs.map(({ job: id, isGone, keep: { runs } }) => [id, isGone, runs]);
  await under.eventually(async () => expect(await keep()).toEqual([['a', false, 7]]));
  await under.write('a.yaml', 'steps: [');
  await under.eventually(() => expect(scheduler.jobs.list()).toHaveLength(2));
  expect(await keep()).toEqual([['a', false, 7]]);
});
