import { expect, test } from 'vitest';
import { findPlaces, type Surroundings } from '../../electron/cli/places.ts';

const noSetting = () => null;

function places(some: Partial<Surroundings>, setting: (dataFolder: string) => string | null = noSetting) {
  return findPlaces(
    {
      environment: {},
      workingFolder: '/home/ada',
      programFolder: '/opt/app/node_modules/nightjar',
      userHome: '/home/ada',
      platform: 'linux',
      ...some,
    },
    setting,
  );
}

test('the command line comes before the environment', () => {
  const environment = { MELT_JOBS_HOME: '/env/jobs', NIGHTJAR_DATA: '/env/data' };
  expect(places({ environment })).toEqual({ jobsHome: '/env/jobs', dataFolder: '/env/data' });
  expect(places({ environment, home: 'mine', data: '../data' })).toEqual({
    jobsHome: '/home/ada/mine',
    dataFolder: '/home/data',
  });
});

test('inside a checkout its own folders are used, from any folder of it', () => {
  const checkout = { jobsHome: '/src/nightjar/jobs', dataFolder: '/src/nightjar/.nightjar' };
  expect(places({ programFolder: '/src/nightjar', workingFolder: '/src/nightjar' })).toEqual(checkout);
  expect(places({ programFolder: '/src/nightjar', workingFolder: '/src/nightjar/jobs/x' })).toEqual(checkout);
  expect(places({ programFolder: '/src/nightjar', workingFolder: '/src/nightjar-two' }).dataFolder).toBe(
    '/home/ada/.local/share/nightjar',
  );
});

test('the setting of the data folder comes before the default', () => {
  expect(places({}).jobsHome).toBe('/home/ada/nightjar/jobs');
  expect(places({}, (dataFolder) => `${dataFolder}/as-set`).jobsHome).toBe('/home/ada/.local/share/nightjar/as-set');
});

test('an empty variable is no variable, and `~` is the user’s home', () => {
  expect(places({ environment: { MELT_JOBS_HOME: '', NIGHTJAR_DATA: '~/state' } })).toEqual({
    jobsHome: '/home/ada/nightjar/jobs',
    dataFolder: '/home/ada/state',
  });
});

test('each platform has its own place for data', () => {
  expect(places({ environment: { XDG_DATA_HOME: '/xdg' } }).dataFolder).toBe('/xdg/nightjar');
  expect(places({ platform: 'darwin' }).dataFolder).toBe('/home/ada/Library/Application Support/Nightjar');
});
