/** Any failure of this library. An abort by your own signal is not one: it throws the signal's reason. */
export class SpectraXError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The server refused; `reason` is its message, which for 400 names the parameter and what it accepts. */
export class APIError extends SpectraXError {
  constructor(status, reason) {
    super(`${status}: ${reason}`);
    this.status = status;
    this.reason = reason;
  }

  /** The error that an answer stands for. */
  static async from(response) {
    const envelope = await response.json().catch(() => null);
    const reason = typeof envelope?.message === "string" ? envelope.message : "no reason was given";
    return new APIError(response.status, reason);
  }
}

/** The server was not reached, or the connection broke. */
export class ConnectionFailed extends SpectraXError {}

/** The server did not answer, or stopped sending, for longer than `timeout`. */
export class TimedOut extends ConnectionFailed {}

/** A download broke off. The sink has what came, and continues with it. */
export class IncompleteDownload extends ConnectionFailed {}

/** The answer is not what a SpectraX server sends: is something else at this address? */
export class UnexpectedAnswer extends SpectraXError {}
