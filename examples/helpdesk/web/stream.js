// Keeps the page up to date: loads the present state, follows the events from
// there, and does it again after the connection was lost.

import { Problem } from "./api.js";

const firstDelay = 500, longestDelay = 15000; // milliseconds between two attempts
const stale = 60000; // after which a connection without events is not trusted

export class Stream {
  // load reads the present state and returns the cursor to go on from.
  // onEvent is called with each event, onLost when events do not come for
  // now, onBack when they do. onProblem decides about a failed load: it
  // returns whether to try again.
  constructor({ load, onEvent, onLost, onBack, onProblem }) {
    Object.assign(this, { load, onEvent, onLost, onBack, onProblem });
    this.turn = 0; // what an earlier connection brings is dropped
    this.delay = firstDelay;
    this.heard = 0;
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => this.wake());
  }

  // wake connects at once if one waits for it, or if the computer may have
  // slept: a connection that nobody closed looks open for a long time.
  wake() {
    if (document.visibilityState === "visible" && this.turn > 0 && (this.timer || Date.now() - this.heard > stale)) this.connect();
  }

  async connect() {
    const turn = this.stop();
    let cursor;
    try {
      cursor = await this.load();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (turn === this.turn && this.onProblem(problem)) this.retry();
      return;
    }
    if (turn !== this.turn) return;
    const source = this.source = new EventSource("/api/events?after=" + cursor);
    source.addEventListener("open", () => {
      this.delay = firstDelay;
      this.heard = Date.now();
      this.onBack();
    });
    source.addEventListener("inbox", (e) => {
      this.heard = Date.now();
      this.onEvent(JSON.parse(e.data));
    });
    source.addEventListener("reset", () => this.connect());
    source.addEventListener("error", () => {
      this.stop();
      this.onLost();
      this.retry();
    });
  }

  retry() {
    // Not all pages at the same moment, after a restart.
    this.timer = setTimeout(() => this.connect(), this.delay * (0.5 + Math.random() / 2));
    this.delay = Math.min(2 * this.delay, longestDelay);
  }

  // stop ends the connection.
  stop() {
    this.source?.close();
    clearTimeout(this.timer);
    this.timer = this.source = null;
    return ++this.turn;
  }
}
