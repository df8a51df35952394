/** How much of a change is told. */
export interface Detail {
  /** A longer line loses its middle. */
  readonly lineCharacters: number;
  /** Fields shown of an object that is deleted. */
  readonly deletedFields: number;
  /** Fields shown of those that only the server adds. */
  readonly serverFields: number;
}

/** For comments, checks and issues. */
export const shortDetail: Detail = { lineCharacters: 400, deletedFields: 8, serverFields: 4 };

/** For the page of the full plan. */
export const fullDetail: Detail = {
  lineCharacters: Number.POSITIVE_INFINITY,
  deletedFields: Number.POSITIVE_INFINITY,
  serverFields: Number.POSITIVE_INFINITY,
};
