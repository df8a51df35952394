/** What Probot takes when no secret is set. Everybody knows it. */
const probotDefault = 'development';

/** The secret that GitHub signs deliveries with. Throws with what to do when there is none. */
export function requireWebhookSecret(environment: { readonly WEBHOOK_SECRET?: string | undefined }): string {
  const secret = environment.WEBHOOK_SECRET?.trim() ?? '';
  if (secret === '') {
    throw new Error(
      'WEBHOOK_SECRET is not set, so deliveries could not be told from forgeries: set it to the webhook secret of the GitHub App (its settings page, section Webhook)',
    );
  }
  if (secret === probotDefault) {
    throw new Error(
      `WEBHOOK_SECRET is "${probotDefault}", Probot's well-known default: choose a random one (e.g. \`openssl rand -hex 32\`) and set it here and as the webhook secret on the GitHub App's settings page`,
    );
  }
  return secret;
}
