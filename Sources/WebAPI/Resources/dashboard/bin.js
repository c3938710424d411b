// Deleting with time to think again: a recording is only asked to be deleted when its message has gone.
import { Refused, remove } from "./api.js";
import { t } from "./text.js";
import { toast } from "./toast.js";

const SECONDS = 7;

/** Sends `change` when a recording was deleted, or came back. */
class Bin extends EventTarget {
  #waiting = new Map();

  has(id) {
    return this.#waiting.has(id);
  }

  put(id) {
    if (this.has(id)) return;
    const close = toast(t("recording.deleted"), {
      action: t("undo"), seconds: SECONDS, onend: () => this.#empty(id), onaction: () => {
        this.#waiting.delete(id);
        this.dispatchEvent(new CustomEvent("change", { detail: { id, isBack: true } }));
      },
    });
    this.#waiting.set(id, close);
  }

  async #empty(id, options) {
    try {
      await remove(`/api/recordings/${id}`, options);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404)) toast(t("recording.notDeleted", { reason: error.message }));
    }
    this.#waiting.delete(id);
    this.dispatchEvent(new CustomEvent("change", { detail: { id } }));
  }

  /** The page goes away: nothing can be undone any more. */
  flush() {
    for (const [id, close] of this.#waiting) {
      close();
      this.#empty(id, { keepalive: true });
    }
  }
}
export const bin = new Bin();
addEventListener("pagehide", () => bin.flush());
