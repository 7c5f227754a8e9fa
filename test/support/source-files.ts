import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import type { Import } from './import-rules.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Paths, from the root of the checkout, of all files that are or would be committed. */
export function projectFiles(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const files = listed.split('\0').filter((file) => file !== '');
  // Listed and not there: deleted, and not committed yet.
  return [...new Set(files)].filter((file) => fs.existsSync(path.join(root, file)));
}

export function read(file: string): string {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

/** The TypeScript of a file; of a component, what is in its script elements. */
export function parse(file: string): ts.SourceFile {
  const text = read(file);
  const scripts = [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]);
  const source = file.endsWith('.svelte') ? scripts.join('\n') : text;
  return ts.createSourceFile(file, source, ts.ScriptTarget.Latest);
}

/** Every import, re-export, dynamic import and import of a type. */
export function importsOf(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const { text } = specifier;
    const to = text.startsWith('.') ? path.posix.join(path.posix.dirname(source.fileName), text) : packageOf(text);
    imports.push({ from: source.fileName, to, isTypeOnly });
  };
  const visitTop = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
  };
  const visit = (node: ts.Node): void => {
    visitTop(node);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  // Others are at the top of a file; a walk through all of it takes most of the time.
  if (/\bimport\s*\(/.test(source.text)) visit(source);
  else source.statements.forEach(visitTop);
  return imports;
}

/** `node:fs/promises` → `node:fs`, `@scope/name/file` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Circles of files that need each other to be loaded, each from its alphabetically first file; types are gone by then. */
export function cyclesOf(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to, isTypeOnly } of imports) {
    if (!isTypeOnly) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const cycles = new Set<string>();
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) {
      const circle = way.slice(at);
      const first = circle.indexOf([...circle].sort()[0]!);
      cycles.add([...circle.slice(first), ...circle.slice(0, first), circle[first]].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of targets.get(file) ?? []) walk(target, [...way, file]);
    done.add(file);
  };
  for (const file of targets.keys()) walk(file, []);
  return [...cycles];
}
