/** GitHub takes 65,536 characters of a comment or issue; counted in bytes of UTF-8 a text fits however GitHub counts. */
export const commentBytes = 65_000;

/** GitHub takes 65,535 characters each of a check's summary and text. */
export const checkTextBytes = 65_000;

/** Titles of checks and issues stay on a line. */
export const titleCharacters = 200;

/** GitHub's limit for the description of a deployment status. */
export const statusDescriptionCharacters = 140;
