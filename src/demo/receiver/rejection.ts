// An answer that is not 204: thrown by the parts of the receiver, written by its server as Go's http.Error
// does.

export class Rejection extends Error {
  readonly status: number

  constructor(status: number, text: string) {
    super(text)
    this.status = status
  }
}
