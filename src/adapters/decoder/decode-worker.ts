/** Runs in a thread of its own: see decode-workers.ts. */
import { parentPort } from 'node:worker_threads';
import { decodeFile } from '../../domain/manifest/decode-file.ts';
import { compactJsonBytes } from '../../domain/manifest/json-size.ts';
import type { Problem, RenderedObject } from '../../domain/manifest/rendered-object.ts';
import { type PackedObject, packObject } from './packed-object.ts';
import type { Answer, Question } from './worker-messages.ts';

/** What one answer may hold, unless one object alone is larger: the other side takes it over in a few milliseconds. */
const partBytes = 128 * 1024;

let objects: RenderedObject[] = [];
let problems: readonly Problem[] = [];

parentPort?.on('message', (question: Question) => {
  if (question.kind === 'decode') {
    const decoded = decodeFile(question.file);
    objects = [...decoded.objects].reverse();
    problems = decoded.problems;
  }
  const packed = nextPart();
  const answer: Answer =
    objects.length > 0 ? { kind: 'part', objects: packed } : { kind: 'last', objects: packed, problems };
  const buffers = packed.flatMap(({ positions: { ends, lines, columns } }) => [ends, lines, columns]);
  parentPort?.postMessage(
    answer,
    buffers.map(({ buffer }) => buffer as ArrayBuffer),
  );
});

function nextPart(): readonly PackedObject[] {
  const part: PackedObject[] = [];
  let bytes = 0;
  for (let object = objects.pop(); object !== undefined; object = objects.pop()) {
    part.push(packObject(object));
    bytes += compactJsonBytes(object.content);
    if (bytes >= partBytes) break;
  }
  return part;
}
