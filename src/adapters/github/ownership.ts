/** Something on GitHub that an account, perhaps through an app, made. */
export interface Made {
  readonly user?: { readonly login: string; readonly type: string } | null;
  readonly performed_via_github_app?: { readonly id: number } | null;
}

export interface OwnershipOptions {
  readonly appId: number;
  /** The app's name in its bot's login; asked for only where GitHub does not name the app. */
  readonly appSlug: () => Promise<string>;
}

/**
 * Whether this app itself made it. A hidden marker alone proves nothing, as anybody can write one; and the app's id alone does not
 * either, as GitHub gives it to what people do through the app, too.
 */
export async function isOwn(
  { user, performed_via_github_app: app }: Made,
  { appId, appSlug }: OwnershipOptions,
): Promise<boolean> {
  if (user?.type !== 'Bot') return false;
  if (app) return app.id === appId;
  return user.login === `${await appSlug()}[bot]`;
}
