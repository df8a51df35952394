import { Command, InvalidArgumentError } from 'commander';
import { type AuditMark, parseAuditMark } from '../../domain/audit/audit-chain.ts';

/** What the command line can do; each resolves with the exit status: 0 fine, 1 differences or blocked, 2 error. */
export interface CliActions {
  serve(): Promise<number>;
  demo(options: { readonly once: boolean; readonly port: number | undefined }): Promise<number>;
  validate(directory: string, options: ValidateOptions): Promise<number>;
  verifyAudit(options: VerifyAuditOptions): Promise<number>;
  exportAudit(options: ExportAuditOptions): Promise<number>;
}

export interface ValidateOptions {
  readonly json: boolean;
  /** `1.34`; absent: the newest that is known. */
  readonly kubernetesVersion?: string;
  /** A context of KUBECONFIG, whose schemas are used. */
  readonly cluster?: string;
}

export interface VerifyAuditOptions {
  readonly json: boolean;
  /** Written down earlier, from what this command printed. */
  readonly mark: readonly AuditMark[];
}

export interface ExportAuditOptions {
  /** GitHub's id, or `owner/name`. */
  readonly repository?: number | string;
  /** Milliseconds since the epoch; `until` is exclusive. */
  readonly since?: number;
  readonly until?: number;
}

export interface CliOutput {
  /** Standard error. */
  readonly complain: (line: string) => void;
}

/**
 * Runs one command. Words that it does not know are an error with the usage; whatever an action throws is told in one line, never as a stack trace.
 *
 * @returns the exit status
 */
export async function runCli(words: readonly string[], actions: CliActions, output: CliOutput): Promise<number> {
  let status = 0;
  const program = new Command('planwright')
    .description('Plans, gates and deploys infrastructure kept as YAML in git: you approve effects, not files.')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ writeErr: (text) => output.complain(text.trimEnd()) });
  program
    .command('serve')
    .description(
      'listen for webhooks, plan, gate and deploy (configured by environment variables, see docs/operations.md)',
    )
    .action(async () => {
      status = await actions.serve();
    });
  program
    .command('demo')
    .description('run the whole story on this machine: a GitHub, clusters, a pull request from plan to deployment')
    .option('--once', 'end after the tour', false)
    .option('--port <number>', 'port of the page; default a free one', readPort)
    .action(async (options: { readonly once: boolean; readonly port?: number }) => {
      status = await actions.demo({ once: options.once, port: options.port });
    });
  program
    .command('validate')
    .description(
      'check manifests and configuration without a cluster; exit status 1 for invalid files, 2 when it could not run',
    )
    .argument('[directory]', 'what to check', '.')
    .option('--json', 'print what was found as JSON', false)
    .option('--kubernetes-version <version>', 'the version whose schemas count, as 1.34; default the newest')
    .option('--cluster <context>', "use this cluster's schemas: a context of KUBECONFIG")
    .action(async (directory: string, options: ValidateOptions) => {
      status = await actions.validate(directory, options);
    });
  const audit = program
    .command('audit')
    .description('read the record of every plan, decision, approval and deployment');
  audit
    .command('verify')
    .description(
      'check that no record was changed, removed or inserted; exit status 1 for a broken chain, 2 when it could not run',
    )
    .option('--mark <sequence:hash>', 'a place that an earlier verification printed; may be repeated', collectMark, [])
    .option('--json', 'print the verdict as JSON', false)
    .action(async (options: VerifyAuditOptions) => {
      status = await actions.verifyAudit(options);
    });
  audit
    .command('export')
    .description('print the records with their hashes, a JSON text a line')
    .option('--repository <owner/name>', "only of this repository, by its name or GitHub's id", readRepository)
    .option('--since <time>', 'from this moment on, as 2026-01-31 or 2026-01-31T12:00:00Z', readTime)
    .option('--until <time>', 'before this moment', readTime)
    .option('--json', 'JSON lines, which it prints anyway', false)
    .action(async (options: ExportAuditOptions) => {
      status = await actions.exportAudit(options);
    });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return status;
  } catch (error) {
    if (isCommanderError(error)) return error.exitCode === 0 ? 0 : 2;
    output.complain(`planwright: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
}

function collectMark(text: string, others: readonly AuditMark[]): readonly AuditMark[] {
  const mark = parseAuditMark(text);
  if (mark === undefined) throw new InvalidArgumentError('a mark is a number, a colon and a hash of 64 digits');
  return [...others, mark];
}

function readRepository(text: string): number | string {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!/^[^/\s]+\/[^/\s]+$/.test(text))
    throw new InvalidArgumentError("a repository is owner/name, or GitHub's id of it");
  return text;
}

/** A day begins at midnight UTC; a time without a zone would mean something else on another machine. */
function readTime(text: string): number {
  const form = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
  const timeMs = form.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs))
    throw new InvalidArgumentError('a time is a day as 2026-01-31, or with a zone as 2026-01-31T12:00:00Z');
  return timeMs;
}

function isCommanderError(error: unknown): error is { readonly exitCode: number } {
  return (
    error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')
  );
}
