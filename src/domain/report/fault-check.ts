import type { CheckText } from './check.ts';
import { prose } from './safe-text.ts';
import { cut } from './text-size.ts';

const faultCharacters = 2_000;

/** `planwright/plan` while Planwright itself cannot do its work: what failed, and that it is tried again. */
export function faultCheck(fault: string): CheckText {
  return {
    title: 'Not planned: something failed on the way',
    summary: [
      `${prose(cut(fault, faultCharacters))}`,
      '',
      'It is tried again by itself for a while. If it stays, push again or say `/plan`; whoever runs Planwright finds more in its log.',
    ].join('\n'),
  };
}
