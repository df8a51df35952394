/** Why a request is not taken, in words that may be shown to whoever sent it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: 400 | 401 | 405 | 408 | 413 | 415 | 503;
  readonly reason: string;
}
