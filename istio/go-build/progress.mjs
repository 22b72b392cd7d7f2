/** How far a build is: on a terminal one line that is rewritten, else a line now and then. */
import { isDownload, isPackage } from "./go.mjs";

/** Between two lines when they are not rewritten. */
const quietMs = 30_000;

export class Progress {
  #startedAt = Date.now();
  #shownAt = 0;
  #downloaded = 0;
  #compiled = 0;
  #name = "";
  #isOnTerminal = process.stderr.isTTY === true;
  #timer = setInterval(() => this.#show(), 1000);

  begin(name) {
    this.#name = name;
    this.#show();
  }

  line(line) {
    if (isPackage(line)) this.#compiled++;
    else if (isDownload(line)) this.#downloaded++;
  }

  end() {
    clearInterval(this.#timer);
    if (this.#isOnTerminal) process.stderr.write("\r\x1b[K");
  }

  #show() {
    const now = Date.now();
    if (!this.#isOnTerminal && now - this.#shownAt < quietMs) return;
    this.#shownAt = now;
    const seconds = Math.round((now - this.#startedAt) / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const downloaded = this.#downloaded > 0 ? `${this.#downloaded} modules downloaded, ` : "";
    const text = `${time}  ${this.#name}: ${downloaded}${this.#compiled} packages compiled`;
    process.stderr.write(this.#isOnTerminal ? `\r\x1b[K${text}` : `${text}\n`);
  }
}
