import type { html } from 'hono/html';

/** HTML in which every value was escaped. */
export type Markup = ReturnType<typeof html>;
