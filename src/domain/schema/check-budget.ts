/** Checking one object takes more work than one object is worth; thrown where the work is done, told where the check was asked for. */
export class CheckTooCostly extends Error {
  constructor() {
    super('checking it would take too long');
    this.name = 'CheckTooCostly';
  }
}

/** Work that checking one object may take. Schemas, patterns and rules come from pull requests; the event loop is everybody's. */
export class CheckBudget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws CheckTooCostly when nothing is left */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new CheckTooCostly();
  }
}
