import { parseSync, Visitor, type Node } from 'oxc-parser';

/** One place where a module names another. */
export interface ImportSite {
  readonly specifier: string;
  /** Starting at 1. */
  readonly line: number;
}

/** What a file imports, or the parser's first complaint. */
export type ParsedImports =
  | { readonly ok: true; readonly imports: readonly ImportSite[] }
  | { readonly ok: false; readonly message: string };

/**
 * Finds every form in which TypeScript names another module: `import`, `export … from`, `import()`, `import('x').T`,
 * `import x = require()`, `require()`, `process.getBuiltinModule()` and `import.meta.resolve()`. Types count too.
 */
export function importsOf(path: string, text: string): ParsedImports {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) return { ok: false, message: errors[0].message };

  const imports: ImportSite[] = [];
  const add = (node: Node | null | undefined): void => {
    if (node?.type === 'Literal' && typeof node.value === 'string') {
      imports.push({ specifier: node.value, line: lineAt(text, node.start) });
    }
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression: (node) => {
      if (namesModule(node.callee)) add(node.arguments[0]);
    },
  }).visit(program);
  return { ok: true, imports };
}

function namesModule(callee: Node): boolean {
  if (callee.type === 'Identifier') return callee.name === 'require';
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false;
  const { name } = callee.property;
  return name === 'getBuiltinModule' || (name === 'resolve' && callee.object.type === 'MetaProperty');
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
