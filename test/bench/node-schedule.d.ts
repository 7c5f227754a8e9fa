/** The part of the peer that the bench calls; it has no types of its own. */
declare module 'node-schedule' {
  const schedule: { scheduleJob(expression: string, called: () => void): unknown };
  export default schedule;
}
