export type GitSetting = readonly [key: string, value: string];

export interface GitEnvironment {
  /** The mirrors' folder; git looks for nothing in it. */
  readonly home: string;
  readonly mirror: string;
  /** URL schemes that git may speak in this call. */
  readonly protocols: readonly string[];
  /** Settings of this call alone, e.g. the origin's address and the token. */
  readonly settings: readonly GitSetting[];
}

/**
 * The whole environment of a git child. Nothing is inherited but PATH, no configuration is read but the mirror's own, and the settings below
 * win over that one too. Settings go through the environment because arguments can be read by every user of the machine.
 */
export function gitEnvironment(environment: GitEnvironment): Readonly<Record<string, string>> {
  const settings: readonly GitSetting[] = [
    ['safe.directory', environment.mirror],
    ...hardening,
    ...environment.settings,
  ];
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return {
    PATH: process.env.PATH ?? '',
    HOME: environment.home,
    XDG_CONFIG_HOME: environment.home,
    LC_ALL: 'C',
    GIT_DIR: environment.mirror,
    GIT_CEILING_DIRECTORIES: environment.home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_ALLOW_PROTOCOL: environment.protocols.length === 0 ? 'none' : environment.protocols.join(':'),
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(numbered),
  };
}

const hardening: readonly GitSetting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.symlinks', 'false'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.useReplaceRefs', 'false'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.version', '2'],
  // A redirect would carry the token to a place that nobody chose. A renamed repository is addressed anew by its id instead.
  ['http.followRedirects', 'false'],
  ['http.sslVerify', 'true'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '60'],
  ['transfer.fsckObjects', 'true'],
  // Mistakes of old tools that many real histories hold for good; they harm nobody.
  ['fetch.fsck.badTimezone', 'ignore'],
  ['fetch.fsck.missingSpaceBeforeDate', 'ignore'],
  ['fetch.fsck.missingSpaceBeforeEmail', 'ignore'],
  ['fetch.fsck.missingNameBeforeEmail', 'ignore'],
  ['fetch.fsck.zeroPaddedFilemode', 'ignore'],
  ['fetch.fsck.badEmail', 'ignore'],
  ['fetch.fsck.badName', 'ignore'],
  ['fetch.fsck.zeroPaddedDate', 'ignore'],
  ['fetch.fsck.badDate', 'ignore'],
  ['fetch.fsck.badDateOverflow', 'ignore'],
  ['fetch.fsck.multipleAuthors', 'ignore'],
  ['fetch.fsck.missingEmail', 'ignore'],
  ['fetch.fsck.nulInCommit', 'ignore'],
  ['merge.renames', 'true'],
  // A file added to a directory that the other side renamed stays where its author put it; GitHub reports conflicts by itself.
  ['merge.directoryRenames', 'false'],
  ['merge.renormalize', 'false'],
];
