import { createPublicKey, verify } from 'node:crypto';
import type { Actor } from './model/actor.ts';
import { grants } from './model/apps.ts';
import { notFound, Refusal } from './model/refusal.ts';
import type { Account, App, Installation, InstallationToken, Level, Repository } from './model/state.ts';
import { covers, levelRank, type World } from './model/world.ts';

/** Who a request comes from. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'app'; readonly app: App }
  | {
      readonly kind: 'installation';
      readonly app: App;
      readonly installation: Installation;
      readonly token: InstallationToken;
    }
  | { readonly kind: 'person'; readonly account: Account };

/** What a repository's endpoint asks for: any one of the app permissions (`checks:write`), and the level of a person. */
export interface Needs {
  readonly app: readonly string[];
  readonly person: Level;
}

/** GitHub accepts a JWT for ten minutes at most; its own clock may be a minute off. */
const jwtLifeSeconds = 600;
const clockLeewaySeconds = 60;

export function authenticate(world: World, authorization: string | undefined): Caller {
  if (authorization === undefined) return { kind: 'anonymous' };
  const [scheme = '', credential = ''] = authorization.split(' ', 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return credential.split('.').length === 3 ? appOfJwt(world, credential) : ownerOfToken(world, credential);
    case 'basic':
      return ownerOfToken(world, passwordOf(credential));
    default:
      throw new Refusal(401, 'Bad credentials');
  }
}

/** The request log's name for a caller. */
export function callerName(caller: Caller): string {
  switch (caller.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'app':
      return `app:${caller.app.id}`;
    case 'installation':
      return `installation:${caller.installation.id}`;
    case 'person':
      return `user:${caller.account.login}`;
  }
}

export function actorOf(caller: Caller): Actor {
  switch (caller.kind) {
    case 'installation':
      return { accountId: caller.app.botId, appId: caller.app.id };
    case 'person':
      return { accountId: caller.account.id, appId: null };
    case 'app':
    case 'anonymous':
      throw new Refusal(401, 'Requires authentication');
  }
}

/** Refuses with 404 what the caller may not know of, with 403 what they may see but not do. */
export function requireAccess(
  world: World,
  caller: Caller,
  repository: Repository,
  needs: Needs,
  method: string,
): void {
  switch (caller.kind) {
    case 'anonymous':
      throw new Refusal(401, 'Requires authentication');
    case 'app':
      throw new Refusal(401, 'A JSON web token could not be decoded');
    case 'installation':
      requireInstallation(caller, repository, needs, method);
      break;
    case 'person':
      requirePerson(world, caller.account, repository, needs);
      break;
  }
}

export function sees(world: World, caller: Caller, repository: Repository): boolean {
  switch (caller.kind) {
    case 'installation':
      return isWithin(caller, repository) || !repository.private;
    case 'person':
      return world.level(repository, caller.account.id) !== 'none';
    case 'app':
    case 'anonymous':
      return false;
  }
}

function requireInstallation(
  caller: Extract<Caller, { kind: 'installation' }>,
  repository: Repository,
  needs: Needs,
  method: string,
): void {
  if (!isWithin(caller, repository)) {
    if (repository.private) throw notFound();
    if (method === 'GET') return;
    throw new Refusal(403, 'Resource not accessible by integration');
  }
  const granted = needs.app.some((need) => {
    const [name = '', level = 'read'] = need.split(':');
    return grants(caller.token.permissions, name, level);
  });
  if (!granted) throw new Refusal(403, 'Resource not accessible by integration');
}

function requirePerson(world: World, account: Account, repository: Repository, needs: Needs): void {
  const level = world.level(repository, account.id);
  if (level === 'none') throw notFound();
  if (needs.person === 'none') throw new Refusal(403, 'You must authenticate via a GitHub App.');
  if (levelRank(level) < levelRank(needs.person))
    throw new Refusal(403, `Must have ${needs.person} rights to Repository.`);
}

const isWithin = (
  { installation, token }: { readonly installation: Installation; readonly token: InstallationToken },
  repository: Repository,
): boolean =>
  covers(installation, repository) && (token.repositoryIds === null || token.repositoryIds.has(repository.id));

function ownerOfToken(world: World, credential: string): Caller {
  const token = world.state.tokens.get(credential);
  if (token === undefined) return personOf(world, credential);
  if (token.expiresAt.getTime() <= Date.now()) throw new Refusal(401, 'Bad credentials');
  const installation = world.state.installations.get(token.installationId);
  const app = installation === undefined ? undefined : world.state.apps.get(installation.appId);
  if (installation === undefined || app === undefined) throw new Refusal(401, 'Bad credentials');
  if (installation.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
  return { kind: 'installation', app, installation, token };
}

function personOf(world: World, credential: string): Caller {
  const account = credential.startsWith('user:') ? world.findAccount(credential.slice('user:'.length)) : null;
  if (account === null || account.kind === 'Organization') throw new Refusal(401, 'Bad credentials');
  return { kind: 'person', account };
}

function appOfJwt(world: World, jwt: string): Caller {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const claims = claimsOf(payload);
  const app = world.state.apps.get(Number(claims.iss));
  if (app === undefined) throw new Refusal(401, 'Integration not found');
  const genuine = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${payload}`),
    createPublicKey(app.publicKey),
    Buffer.from(signature, 'base64url'),
  );
  if (!genuine) throw new Refusal(401, 'A JSON web token could not be decoded');
  const nowSeconds = Date.now() / 1000;
  if (claims.exp < nowSeconds)
    throw new Refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (claims.exp > nowSeconds + jwtLifeSeconds + clockLeewaySeconds)
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  if (claims.iat > nowSeconds + clockLeewaySeconds)
    throw new Refusal(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  return { kind: 'app', app };
}

function claimsOf(payload: string): { readonly iss: unknown; readonly exp: number; readonly iat: number } {
  try {
    const claims: Record<string, unknown> = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return { iss: claims.iss, exp: Number(claims.exp), iat: Number(claims.iat) };
  } catch (cause) {
    throw Object.assign(new Refusal(401, 'A JSON web token could not be decoded'), { cause });
  }
}

function passwordOf(credential: string): string {
  const decoded = Buffer.from(credential, 'base64').toString('utf8');
  return decoded.slice(decoded.indexOf(':') + 1);
}
