import { readGitHubHost } from './git-hub-host.ts';
import { suggestion } from './nearest-key.ts';
import { readPrivateKey } from './private-key.ts';
import { type LogLevel, logLevels, type PrivateKeySource, type ProcessSettings } from './process-settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** One variable's value, or what is wrong with it. */
type Read<Value> = { readonly value: Value } | { readonly problem: string };

export type ProcessSettingsRead =
  | { readonly kind: 'read'; readonly settings: ProcessSettings }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/**
 * Reads the variables of `planwright serve`; an empty one counts as unset. Never throws, and names all problems at once.
 * No problem quotes the value of a secret. PRIVATE_KEY wins over PRIVATE_KEY_PATH, as in Probot.
 */
export function readProcessSettings(environment: Environment): ProcessSettingsRead {
  const set = (name: string) => (environment[name] === '' ? undefined : environment[name]);
  const problems: string[] = [];
  const checked = <Value>(read: Read<Value>): Value | undefined => {
    if ('value' in read) return read.value;
    problems.push(read.problem);
    return undefined;
  };
  const appId = checked(readAppId(set('APP_ID')));
  const privateKey = checked(readKeySource(set('PRIVATE_KEY'), set('PRIVATE_KEY_PATH')));
  const webhookSecret = checked(readWebhookSecret(set('WEBHOOK_SECRET')));
  const gitHubHost = checked(readHost(set('GHE_HOST')));
  const protocol = checked(readProtocol(set('GHE_PROTOCOL')));
  const host = checked(readListenHost(set('HOST')));
  const port = checked(readPort(set('PORT')));
  const webhookPath = checked(readWebhookPath(set('WEBHOOK_PATH')));
  const logLevel = checked(readLogLevel(set('LOG_LEVEL')));
  const databaseUrl = checked(readDatabaseUrl(set('DATABASE_URL')));
  const missing =
    appId === undefined ||
    privateKey === undefined ||
    webhookSecret === undefined ||
    gitHubHost === undefined ||
    protocol === undefined ||
    host === undefined ||
    port === undefined ||
    webhookPath === undefined ||
    logLevel === undefined;
  if (missing || problems.length > 0) return { kind: 'invalid', problems };
  const configPath = set('PLANWRIGHT_CONFIG');
  const kubeconfig = set('KUBECONFIG');
  return {
    kind: 'read',
    settings: {
      appId,
      privateKey,
      webhookSecret,
      gitHub: { host: gitHubHost, protocol },
      listen: { host, port, webhookPath },
      logLevel,
      ...(databaseUrl !== undefined && { databaseUrl }),
      dataDirectory: readDataDirectory(set('PLANWRIGHT_DATA')),
      ...(configPath !== undefined && { configPath }),
      ...(kubeconfig !== undefined && { kubeconfig }),
    },
  };
}

/** Where the database is, for commands that need nothing else. Throws for an address that is none. */
export function readDatabasePlace(environment: Environment): Pick<ProcessSettings, 'databaseUrl' | 'dataDirectory'> {
  const read = readDatabaseUrl(environment['DATABASE_URL'] || undefined);
  if ('problem' in read) throw new Error(read.problem);
  const dataDirectory = readDataDirectory(environment['PLANWRIGHT_DATA'] || undefined);
  return read.value === undefined ? { dataDirectory } : { databaseUrl: read.value, dataDirectory };
}

function readDataDirectory(written = '.planwright'): string {
  return written;
}

function readAppId(written: string | undefined): Read<number> {
  const where = "write the App's number, which its settings page on GitHub shows as App ID";
  if (written === undefined) return { problem: `APP_ID is not set: ${where}` };
  if (!/^[1-9][0-9]{0,14}$/.test(written))
    return { problem: `APP_ID is ${quoted(written)}, which is no number: ${where}` };
  return { value: Number(written) };
}

function readKeySource(text: string | undefined, path: string | undefined): Read<PrivateKeySource> {
  if (text !== undefined) {
    const read = readPrivateKey(text);
    if (read.kind === 'text') return { value: read };
    return {
      problem:
        'PRIVATE_KEY holds no private key: write the .pem file that GitHub gave out ("-----BEGIN RSA PRIVATE KEY-----" and on), with line breaks, with \\n for them, or all of it in base64',
    };
  }
  if (path !== undefined) return { value: { kind: 'path', path } };
  return {
    problem:
      "PRIVATE_KEY and PRIVATE_KEY_PATH are not set: write the path of the App's .pem file into PRIVATE_KEY_PATH, or the key itself into PRIVATE_KEY",
  };
}

function readWebhookSecret(written: string | undefined): Read<string> {
  const advice = 'write the secret that the App\'s settings on GitHub hold (make one with "openssl rand -hex 32")';
  if (written === undefined) return { problem: `WEBHOOK_SECRET is not set: ${advice}` };
  if (written === 'development')
    return { problem: `WEBHOOK_SECRET is Probot's default, which everybody knows: ${advice}` };
  if (/[\r\n]/.test(written)) return { problem: `WEBHOOK_SECRET holds a line break: ${advice} on one line` };
  if (written.trim() === '') return { problem: `WEBHOOK_SECRET is blank: ${advice}` };
  return { value: written };
}

function readHost(written: string | undefined): Read<string> {
  const read = readGitHubHost(written);
  return read.kind === 'host' ? { value: read.host } : { problem: read.message };
}

function readProtocol(written = 'https'): Read<'http' | 'https'> {
  if (written === 'http' || written === 'https') return { value: written };
  return { problem: `GHE_PROTOCOL is ${quoted(written)}: write https, or http where the server has nothing better` };
}

function readListenHost(written = '127.0.0.1'): Read<string> {
  if (/^[A-Za-z0-9.:%_-]+$/.test(written)) return { value: written };
  return { problem: `HOST is ${quoted(written)}, which is no address: write for instance 127.0.0.1, 0.0.0.0 or ::` };
}

function readPort(written = '3000'): Read<number> {
  if (/^[0-9]{1,5}$/.test(written) && Number(written) <= 65_535) return { value: Number(written) };
  return { problem: `PORT is ${quoted(written)}: write a number from 0 (any free port) to 65535` };
}

function readWebhookPath(written = '/api/github/webhooks'): Read<string> {
  const example = 'write a path such as /api/github/webhooks';
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(written) || /\/\.\.?(\/|$)/.test(written))
    return { problem: `WEBHOOK_PATH is ${quoted(written)}, which is no path: ${example}` };
  if (/^\/((healthz|readyz|metrics|plans)(\/|$)|api\/v1(\/|$))/.test(written))
    return { problem: `WEBHOOK_PATH is ${quoted(written)}, where Planwright serves something else: ${example}` };
  return { value: written };
}

function readLogLevel(written = 'info'): Read<LogLevel> {
  const level = logLevels.find((each) => each === written);
  if (level !== undefined) return { value: level };
  return { problem: `LOG_LEVEL is ${quoted(written)}${suggestion(written, logLevels)}` };
}

/** pg takes `postgresql:`, `postgres:`, `socket:` and the path of a socket's folder. */
function readDatabaseUrl(written: string | undefined): Read<string | undefined> {
  if (written === undefined || /^(postgres(ql)?:\/\/|socket:|\/)\S/.test(written)) return { value: written };
  return {
    problem:
      'DATABASE_URL is no address of a PostgreSQL database: write postgresql://user:password@host:5432/database, or leave it out for the embedded one',
  };
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
