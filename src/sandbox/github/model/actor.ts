/** Who does something: a person, or an app through its bot account. */
export interface Actor {
  readonly accountId: number;
  readonly appId: number | null;
}

export const person = (accountId: number): Actor => ({ accountId, appId: null });
