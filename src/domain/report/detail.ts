/** How much of a change is told. */
export interface Detail {
  /** What the plan's own step is called: `this pull request`. */
  readonly own: string;
  /** A longer line loses its middle. */
  readonly lineCharacters: number;
  /** Lines shown of one object's diff. */
  readonly diffLines: number;
  /** Lines shown of an object that is deleted. */
  readonly deletedLines: number;
  /** Fields shown of those that only the server adds. */
  readonly serverFields: number;
}

/** For comments, checks and issues. */
export const shortDetail: Detail = {
  own: 'this pull request',
  lineCharacters: 400,
  diffLines: 160,
  deletedLines: 12,
  serverFields: 4,
};

/** For the page of the full plan. What a stored plan holds is bounded already. */
export const fullDetail: Detail = {
  own: 'this pull request',
  lineCharacters: Number.POSITIVE_INFINITY,
  diffLines: Number.POSITIVE_INFINITY,
  deletedLines: Number.POSITIVE_INFINITY,
  serverFields: Number.POSITIVE_INFINITY,
};
