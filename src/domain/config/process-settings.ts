export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What the environment says of one `planwright serve`. */
export interface ProcessSettings {
  readonly appId: number;
  readonly privateKey: PrivateKeySource;
  readonly webhookSecret: string;
  /** `host` with its port, where it has one. */
  readonly gitHub: { readonly host: string; readonly protocol: 'http' | 'https' };
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number; readonly webhookPath: string };
  readonly logLevel: LogLevel;
  /** Undefined: the embedded database below `dataDirectory`. */
  readonly databaseUrl?: string;
  readonly dataDirectory: string;
  /** Path of the server file. */
  readonly configPath?: string;
  /** Paths as kubectl takes them, joined with the system's path delimiter. */
  readonly kubeconfig?: string;
}

export type PrivateKeySource =
  /** PEM with real line breaks. */
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'path'; readonly path: string };
