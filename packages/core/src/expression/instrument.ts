/** Writes the count of work into an expression: around what a loop walks, and around what `+` makes. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { COUNTED } from './environment.ts';

const LOOPS: ReadonlySet<string> = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);

/** Every node, parents before their parts. */
export function visitNodes(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node);
  visitParts(node.args, visit);
}

function visitParts(args: unknown, visit: (node: ASTNode) => void): void {
  if (Array.isArray(args)) for (const one of args) visitParts(one, visit);
  else if (isNode(args)) visitNodes(args, visit);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/**
 * The text with the counts in it. Put in by place, not by writing the tree anew, which would round decimals. A node that begins
 * with a parenthesis begins after it for the parser; what is put in there and closed at the node's end still stands around
 * whole expressions, for parentheses then close in the other order.
 */
export function instrument(text: string, root: ASTNode): string {
  const inserts: { readonly at: number; readonly text: string; readonly rank: number }[] = [];
  visitNodes(root, (node) => {
    const counted = walkedBy(node);
    if (counted === null) return;
    const length = counted.end - counted.start;
    // The outer of two that begin together opens first; of two that end together it closes last.
    inserts.push({ at: counted.start, text: `${COUNTED}(`, rank: -length }, { at: counted.end, text: ')', rank: length });
  });
  inserts.sort((a, b) => a.at - b.at || Number(b.text === ')') - Number(a.text === ')') || a.rank - b.rank);
  let written = '';
  let from = 0;
  for (const insert of inserts) {
    written += text.slice(from, insert.at) + insert.text;
    from = insert.at;
  }
  return written + text.slice(from);
}

/** What the node walks or makes; null: nothing that grows. */
function walkedBy(node: ASTNode): ASTNode | null {
  if (node.op === 'rcall' && LOOPS.has(node.args[0])) return node.args[1];
  if (node.op !== '+') return null;
  return node.args.some(({ op, args }) => op === 'value' && typeof args !== 'string') ? null : node;
}
