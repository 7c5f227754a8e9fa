/** What a screen reader is told of a change that has no focus of its own: "dbt-nightly, now position 2 of 5". */
export class Announcer {
  text = $state('');

  say(text: string): void {
    // A live region says only what differs from before.
    this.text = this.text === text ? `${text}\u00a0` : text;
  }
}
