import {
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import type { Json, JsonObject } from '../json.ts';
import type { KeyReading, ScalarReading, ScalarValue } from './scalar-reading.ts';

/** A YAML node that remembers where it stands. `start` is an offset into the text; `value` is its JSON, aliases and merges resolved. */
export type YamlNode = YamlScalar | YamlSequence | YamlMapping;

interface YamlScalar {
  readonly kind: 'scalar';
  readonly start: number;
  readonly weight: number;
  readonly value: ScalarValue;
}

interface YamlSequence {
  readonly kind: 'sequence';
  readonly start: number;
  readonly weight: number;
  readonly items: readonly YamlNode[];
  readonly value: readonly Json[];
}

export interface YamlMapping {
  readonly kind: 'mapping';
  readonly start: number;
  readonly weight: number;
  readonly entries: ReadonlyMap<string, YamlEntry>;
  /** Has no prototype, so that a key named `constructor` is only a key. */
  readonly value: JsonObject;
}

interface YamlEntry {
  readonly keyStart: number;
  readonly node: YamlNode;
}

export interface YamlFault {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
  /** Where the first of two that exclude each other stands; its line belongs behind the message. */
  readonly earlier?: number;
}

/** `root` is undefined for a document without content. With an error among its faults, `root` is not to be used. */
interface YamlDocument {
  readonly start: number;
  readonly root: YamlNode | undefined;
  readonly faults: readonly YamlFault[];
}

export type YamlRead =
  | { readonly kind: 'read'; readonly documents: readonly YamlDocument[]; readonly aliasedWeight: number }
  /** Not YAML, or beyond a limit: nothing of the text can be used. */
  | { readonly kind: 'invalid'; readonly fault: YamlFault; readonly aliasedWeight: number };

/** How untagged plain scalars are understood, and whether `<<` merges (in order of writing, the later wins, as go-yaml does) or is refused. */
export interface YamlDialect {
  readonly readScalar: (plain: string) => ScalarReading;
  readonly readKey: (plain: string) => KeyReading;
  readonly mergeKeys: 'in-order' | 'refused';
  /** What all aliases and merges may add, in characters of JSON: stops a bomb while it is still small. */
  readonly maxAliasedWeight: number;
}

/** Nesting of collections; the deepest CustomResourceDefinitions in use stay below half of it. */
const maxDepth = 100;
const maxAliases = 10_000;
/** Of each severity, a document. */
const maxFaults = 50;

/**
 * Reads a text of YAML documents. Never throws for any text; work and memory follow its length. Duplicate keys, keys and tags that JSON
 * cannot express and `__proto__` are errors of their document; broken syntax and limits are of the whole text. Messages quote no values.
 */
export function readYaml(text: string, dialect: YamlDialect): YamlRead {
  try {
    const events = parseEvents(text, { maxDepth });
    return new TreeBuilder(text, dialect).build(events);
  } catch (error) {
    if (error instanceof YAMLException) return syntaxFault(text, error);
    return invalid(0, `could not be read as YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function syntaxFault(text: string, error: YAMLException): YamlRead {
  const offset = error.mark?.position ?? 0;
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset + 1);
  const advice =
    error.reason.includes('indentation') && line.includes('\t') ? ' (the line holds a tab: use spaces)' : '';
  return invalid(offset, `not valid YAML: ${error.reason}${advice}`);
}

function invalid(offset: number, message: string): YamlRead {
  return { kind: 'invalid', fault: { severity: 'error', offset, message }, aliasedWeight: 0 };
}

interface SequenceFrame {
  readonly kind: 'sequence';
  readonly start: number;
  readonly anchor: string | undefined;
  readonly items: YamlNode[];
  readonly value: Json[];
  weight: number;
}

interface MappingFrame {
  readonly kind: 'mapping';
  readonly start: number;
  readonly anchor: string | undefined;
  readonly entries: Map<string, YamlEntry>;
  /** Keys that stand here by a merge only: they may be written again. */
  merged: Set<string> | undefined;
  mergeStart: number | undefined;
  readonly value: Record<string, Json>;
  weight: number;
  pending: PendingKey | undefined;
}

type PendingKey =
  | { readonly kind: 'key'; readonly key: string; readonly start: number }
  | { readonly kind: 'merge'; readonly start: number }
  /** The key was refused; its value is read and dropped. */
  | { readonly kind: 'dropped'; readonly start: number };

type Frame = SequenceFrame | MappingFrame;

/** One pass over the events, with an explicit stack. */
class TreeBuilder {
  readonly #text: string;
  readonly #dialect: YamlDialect;
  readonly #documents: YamlDocument[] = [];
  #frames: Frame[] = [];
  #anchors = new Map<string, YamlNode | 'open'>();
  #root: YamlNode | undefined;
  #inDocument = false;
  #documentStart = 0;
  #lastOffset = 0;
  #aliases = 0;
  #aliasedWeight = 0;
  #errors: YamlFault[] = [];
  #warnings: YamlFault[] = [];
  #fatal: YamlFault | undefined;

  constructor(text: string, dialect: YamlDialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  build(events: readonly Event[]): YamlRead {
    for (const event of events) {
      this.#take(event);
      if (this.#fatal !== undefined) {
        return { kind: 'invalid', fault: this.#fatal, aliasedWeight: this.#aliasedWeight };
      }
    }
    return { kind: 'read', documents: this.#documents, aliasedWeight: this.#aliasedWeight };
  }

  #take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.#openDocument();
        return;
      case EVENT_ID.SEQUENCE:
        this.#openSequence(event);
        return;
      case EVENT_ID.MAPPING:
        this.#openMapping(event);
        return;
      case EVENT_ID.SCALAR:
        this.#scalar(event);
        return;
      case EVENT_ID.ALIAS:
        this.#alias(this.#text.slice(event.anchorStart, event.anchorEnd), event.anchorStart - 1);
        return;
      case EVENT_ID.POP:
        this.#pop();
        return;
    }
  }

  #openDocument(): void {
    this.#frames = [];
    this.#anchors = new Map();
    this.#errors = [];
    this.#warnings = [];
    this.#root = undefined;
    this.#inDocument = true;
    this.#documentStart = -1;
  }

  #openSequence(event: Tagged & { readonly start: number }): void {
    const start = this.#startOf(event, event.start);
    this.#checkCollectionTag(event, 'seq', start);
    const anchor = this.#openAnchor(event);
    this.#frames.push({ kind: 'sequence', start, anchor, items: [], value: [], weight: 2 });
  }

  #openMapping(event: Tagged & { readonly start: number }): void {
    const start = this.#startOf(event, event.start);
    this.#checkCollectionTag(event, 'map', start);
    const anchor = this.#openAnchor(event);
    this.#frames.push({
      kind: 'mapping',
      start,
      anchor,
      entries: new Map(),
      merged: undefined,
      mergeStart: undefined,
      value: emptyObject(),
      weight: 2,
      pending: undefined,
    });
  }

  #scalar(event: ScalarEvent): void {
    const start = this.#startOf(event, scalarStart(event, this.#text));
    const text = getScalarValue(this.#text, event);
    const frame = this.#frames.at(-1);
    const tag = this.#tagOf(event);
    if (frame?.kind === 'mapping' && frame.pending === undefined) {
      this.#keyScalar(frame, { event, text, tag, start });
      return;
    }
    const value = this.#scalarValue(text, { plain: event.style === SCALAR_STYLE.PLAIN, tag, start });
    const node: YamlNode = { kind: 'scalar', start, weight: typeof value === 'string' ? value.length + 2 : 8, value };
    const anchor = this.#openAnchor(event);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    const isEmptyDocument = this.#frames.length === 0 && event.valueStart < 0 && anchor === undefined && tag === '';
    if (!isEmptyDocument) this.#complete(node);
  }

  #keyScalar(frame: MappingFrame, scalar: { event: ScalarEvent; text: string; tag: string; start: number }): void {
    const { event, text, tag, start } = scalar;
    const plain = event.style === SCALAR_STYLE.PLAIN && tag === '';
    if (plain && text === '<<') {
      this.#mergeKey(frame, start);
      return;
    }
    const reading: KeyReading = plain ? this.#dialect.readKey(text) : this.#taggedKey(text, tag, start);
    if (reading.kind === 'refused') {
      this.#error(start, reading.reason);
      frame.pending = { kind: 'dropped', start };
      return;
    }
    if (reading.warning !== undefined) this.#warn(start, reading.warning);
    const anchor = this.#openAnchor(event);
    if (anchor !== undefined)
      this.#anchors.set(anchor, { kind: 'scalar', start, weight: text.length + 2, value: reading.key });
    this.#key(frame, reading.key, start);
  }

  #taggedKey(text: string, tag: string, start: number): KeyReading {
    const value = this.#scalarValue(text, { plain: false, tag, start });
    return value === null
      ? { kind: 'refused', reason: 'a key must be text: quote it' }
      : { kind: 'key', key: String(value) };
  }

  #mergeKey(frame: MappingFrame, start: number): void {
    if (this.#dialect.mergeKeys === 'refused') {
      this.#error(
        start,
        'merge keys (<<) are not part of YAML 1.2: repeat the keys, or use an alias for a whole value',
      );
      frame.pending = { kind: 'dropped', start };
      return;
    }
    if (frame.mergeStart !== undefined) this.#duplicate('<<', start, frame.mergeStart);
    frame.mergeStart ??= start;
    frame.pending = { kind: 'merge', start };
  }

  #key(frame: MappingFrame, key: string, start: number): void {
    const earlier = frame.entries.get(key);
    if (earlier !== undefined && !frame.merged?.has(key)) {
      this.#duplicate(key, start, earlier.keyStart);
      frame.pending = { kind: 'dropped', start };
      return;
    }
    if (key === '__proto__') {
      this.#error(start, 'the key "__proto__" is not accepted: rename it');
      frame.pending = { kind: 'dropped', start };
      return;
    }
    frame.pending = { kind: 'key', key, start };
  }

  #alias(name: string, start: number): void {
    this.#lastOffset = start;
    this.#aliases += 1;
    if (this.#aliases > maxAliases) {
      this.#stop(start, `more than ${maxAliases} aliases: write the values out, or split the file`);
      return;
    }
    const target = this.#anchors.get(name);
    if (target === undefined) {
      this.#stop(start, `the alias "*${name}" has no anchor before it in this document`);
      return;
    }
    if (target === 'open') {
      this.#stop(start, `the anchor "&${name}" contains itself`);
      return;
    }
    if (!this.#chargeAliased(target.weight, start)) return;
    const frame = this.#frames.at(-1);
    if (frame?.kind === 'mapping' && frame.pending === undefined) {
      if (target.kind !== 'scalar' || target.value === null) {
        this.#error(start, 'a key must be text');
        frame.pending = { kind: 'dropped', start };
        return;
      }
      this.#key(frame, String(target.value), start);
      return;
    }
    this.#complete({ ...target, start });
  }

  #chargeAliased(weight: number, offset: number): boolean {
    this.#aliasedWeight += weight;
    if (this.#aliasedWeight <= this.#dialect.maxAliasedWeight) return true;
    this.#stop(offset, 'aliases make this file grow far beyond its size: write the values out, or split the file');
    return false;
  }

  #pop(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) {
      this.#closeDocument();
      return;
    }
    const node: YamlNode =
      frame.kind === 'sequence'
        ? { kind: 'sequence', start: frame.start, weight: frame.weight, items: frame.items, value: frame.value }
        : { kind: 'mapping', start: frame.start, weight: frame.weight, entries: frame.entries, value: frame.value };
    if (frame.anchor !== undefined) this.#anchors.set(frame.anchor, node);
    this.#complete(node);
  }

  #closeDocument(): void {
    if (!this.#inDocument) return;
    this.#inDocument = false;
    const start = this.#documentStart < 0 ? this.#lastOffset : this.#documentStart;
    this.#documents.push({ start, root: this.#root, faults: [...this.#errors, ...this.#warnings] });
  }

  /** Hands a finished node to what it stands in. */
  #complete(node: YamlNode): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#root = node;
      return;
    }
    if (frame.kind === 'sequence') {
      frame.items.push(node);
      frame.value.push(node.value);
      frame.weight += node.weight + 1;
      return;
    }
    this.#completeEntry(frame, node);
  }

  #completeEntry(frame: MappingFrame, node: YamlNode): void {
    const pending = frame.pending;
    frame.pending = undefined;
    if (pending === undefined) {
      // A collection as key: JSON has no such thing.
      this.#error(node.start, 'a key must be text, not a list or a mapping');
      frame.pending = { kind: 'dropped', start: node.start };
      return;
    }
    if (pending.kind === 'dropped') return;
    if (pending.kind === 'merge') {
      this.#merge(frame, node, pending.start);
      return;
    }
    frame.merged?.delete(pending.key);
    this.#put(frame, pending.key, { keyStart: pending.start, node });
  }

  #put(frame: MappingFrame, key: string, entry: YamlEntry): void {
    frame.entries.set(key, entry);
    frame.value[key] = entry.node.value;
    frame.weight += key.length + 4 + entry.node.weight;
  }

  #merge(frame: MappingFrame, node: YamlNode, start: number): void {
    // Of a sequence the earlier mapping wins, so they are laid down from the last to the first.
    const sources = node.kind === 'sequence' ? node.items.toReversed() : [node];
    for (const source of sources) {
      if (source.kind !== 'mapping') {
        this.#error(start, 'a merge key (<<) takes a mapping or a list of mappings');
        return;
      }
      for (const [key, entry] of source.entries) {
        if (!this.#chargeAliased(key.length + 4 + entry.node.weight, start)) return;
        frame.merged ??= new Set();
        if (frame.entries.has(key) && !frame.merged.has(key)) {
          const message = `this merge overwrites the key ${JSON.stringify(key)} before it, as in kubectl: put the merge first`;
          this.#warn(start, message);
        } else {
          frame.merged.add(key);
        }
        this.#put(frame, key, entry);
      }
    }
  }

  #scalarValue(text: string, scalar: { plain: boolean; tag: string; start: number }): ScalarValue {
    const { plain, tag, start } = scalar;
    if (tag === '' && !plain) return text;
    if (tag === '!' || tag === 'str') return text;
    if (tag !== '' && !['null', 'bool', 'int', 'float'].includes(tag)) {
      this.#error(start, `the tag "${tag.slice(0, 50)}" is not supported: write the value without it`);
      return null;
    }
    const reading = this.#dialect.readScalar(text);
    if (reading.kind === 'refused') {
      this.#error(start, reading.reason);
      return null;
    }
    if (tag !== '' && !matchesTag(reading.value, tag)) {
      this.#error(start, `the value does not fit its tag "!!${tag}"`);
      return null;
    }
    if (tag === '' && reading.warning !== undefined) this.#warn(start, reading.warning);
    return reading.value;
  }

  #checkCollectionTag(event: Tagged, own: 'seq' | 'map', start: number): void {
    const tag = this.#tagOf(event);
    if (tag !== '' && tag !== '!' && tag !== own)
      this.#error(start, `the tag "${tag.slice(0, 50)}" is not supported: write the value without it`);
  }

  /** '' without a tag, `!`, or the name below `tag:yaml.org,2002:`; any other tag as it is written. */
  #tagOf(event: Tagged): string {
    if (event.tagStart < 0) return '';
    const written = this.#text.slice(event.tagStart, event.tagEnd);
    const standard = /^(?:!!|!<tag:yaml\.org,2002:)([a-z]+)>?$/.exec(written);
    return standard?.[1] ?? written;
  }

  #openAnchor(event: Tagged): string | undefined {
    if (event.anchorStart < 0) return undefined;
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    this.#anchors.set(name, 'open');
    return name;
  }

  /** Where a node begins, its tag and anchor included; an empty one stands where the last thing before it stood. */
  #startOf(event: Tagged, own: number): number {
    let start = own < 0 ? this.#lastOffset : own;
    if (event.tagStart >= 0) start = own < 0 ? event.tagStart : Math.min(start, event.tagStart);
    if (event.anchorStart >= 0)
      start = Math.min(own < 0 && event.tagStart < 0 ? event.anchorStart : start, event.anchorStart - 1);
    this.#lastOffset = Math.max(this.#lastOffset, start);
    if (this.#documentStart < 0) this.#documentStart = start;
    return start;
  }

  #duplicate(key: string, offset: number, earlier: number): void {
    this.#add({
      severity: 'error',
      offset,
      message: `duplicate key ${JSON.stringify(key.slice(0, 100))}: keep one`,
      earlier,
    });
  }

  #error(offset: number, message: string): void {
    this.#add({ severity: 'error', offset, message });
  }

  #warn(offset: number, message: string): void {
    this.#add({ severity: 'warning', offset, message });
  }

  /** Errors are never crowded out by warnings; beyond the limit one more says nothing new. */
  #add(fault: YamlFault): void {
    const alike = fault.severity === 'error' ? this.#errors : this.#warnings;
    if (alike.length < maxFaults) alike.push(fault);
  }

  #stop(offset: number, message: string): void {
    this.#fatal ??= { severity: 'error', offset, message };
  }
}

interface Tagged {
  readonly tagStart: number;
  readonly tagEnd: number;
  readonly anchorStart: number;
  readonly anchorEnd: number;
}

/** Of `Object.create(null)` V8 makes a hash table, which takes twice the memory. */
function emptyObject(): Record<string, Json> {
  return Object.setPrototypeOf({}, null) as Record<string, Json>;
}

/** js-yaml's range of a scalar leaves out quotes and a block scalar's header. */
function scalarStart(event: ScalarEvent, text: string): number {
  if (event.valueStart < 0) return -1;
  switch (event.style) {
    case SCALAR_STYLE.PLAIN:
      return event.valueStart;
    case SCALAR_STYLE.SINGLE_QUOTED:
    case SCALAR_STYLE.DOUBLE_QUOTED:
      return event.valueStart - 1;
    case SCALAR_STYLE.LITERAL_BLOCK:
      return text.lastIndexOf('|', event.valueStart - 1);
    case SCALAR_STYLE.FOLDED_BLOCK:
      return text.lastIndexOf('>', event.valueStart - 1);
  }
}

function matchesTag(value: ScalarValue, tag: string): boolean {
  switch (tag) {
    case 'null':
      return value === null;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint' || Number.isInteger(value);
    default:
      return typeof value === 'number';
  }
}
