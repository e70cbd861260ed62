// Counts what an emitted package holds, with TypeScript's compiler: `node count.mjs <typescript> <package>`. Prints JSON:
// per module how many of what is exported, and every parameter and return position with how well it is typed.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const [compiler, folder] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(compiler);

/** What the client gives a name to, and what it names. None of it may hide an `unknown`; see `client` below. */
const CLIENT = "tywrap-client.d.ts";

const names = fs.readdirSync(folder).filter((name) => name.endsWith(".d.ts")).sort();
const program = ts.createProgram(
  names.map((name) => path.join(folder, name)),
  { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, lib: ["lib.es2022.d.ts"], types: [], noEmit: true },
);
const checker = program.getTypeChecker();

/** Does a type have `unknown` or `any` in it? An alias is looked into; an interface is a name, with arguments. */
class Looker {
  #aliases = new Map();

  /** Whether there is one anywhere inside. */
  hasHole(type) {
    if (type === undefined) return true;
    if (type.kind === ts.SyntaxKind.UnknownKeyword || type.kind === ts.SyntaxKind.AnyKeyword) return true;
    if (ts.isTypeReferenceNode(type) && this.#aliasHasHole(type.typeName)) return true;
    // A function's parameters and result, an object's members, a union's parts, a reference's arguments.
    return ts.forEachChild(type, (child) => this.#childHasHole(child)) ?? false;
  }

  #childHasHole(node) {
    if (ts.isTypeNode(node)) return this.hasHole(node);
    if (ts.isParameter(node)) return this.hasHole(node.type);
    if (ts.isPropertySignature(node) || ts.isIndexSignatureDeclaration(node)) return this.hasHole(node.type);
    return ts.forEachChild(node, (child) => this.#childHasHole(child)) ?? false;
  }

  #aliasHasHole(name) {
    const declaration = declarationOf(name);
    if (declaration === undefined || !ts.isTypeAliasDeclaration(declaration)) return false;
    // The client's names stand for themselves: `PyValue` is all that the wire carries, and says so.
    if (path.basename(declaration.getSourceFile().fileName) === CLIENT) return false;
    const known = this.#aliases.get(declaration);
    if (known !== undefined) return known;
    // An alias that is made of itself has no more holes for that.
    this.#aliases.set(declaration, false);
    const found = this.hasHole(declaration.type);
    this.#aliases.set(declaration, found);
    return found;
  }
}

/** Where a name is declared, through imports and exports. */
function declarationOf(name) {
  let symbol = checker.getSymbolAtLocation(name);
  if (symbol === undefined) return undefined;
  if (symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  return symbol.declarations?.find((declaration) => ts.isTypeAliasDeclaration(declaration) || ts.isInterfaceDeclaration(declaration));
}

const looker = new Looker();
/** What an interface of a class extends, and which argument of that says the class's name. */
const NAMED_BY = {
  PyObject: 0, Inherit: 1, PyEnum: 0, PyDate: 0, PyDateTime: 0, PyDecimal: 0, PyFraction: 0, PyTime: 0, PyTimedelta: 0, PyUuid: 0,
};

/** Types that carry everything and state nothing. */
const WIDE = new Set(["PyValue", "PyArgument", "PyObject"]);

/** How well a type says what it is. */
function state(type) {
  if (type === undefined) return "unknown";
  const parts = ts.isUnionTypeNode(type) ? type.types : [type];
  const isHole = (part) => part.kind === ts.SyntaxKind.UnknownKeyword || part.kind === ts.SyntaxKind.AnyKeyword;
  if (parts.some(isHole)) return "unknown";
  if (looker.hasHole(type)) return "partly";
  return isWide(type) ? "wide" : "typed";
}

/** Whether a type carries everything, under its own name or that of an alias. */
function isWide(type) {
  if (WIDE.has(type.getText())) return true;
  const declaration = ts.isTypeReferenceNode(type) ? declarationOf(type.typeName) : undefined;
  if (declaration === undefined || !ts.isTypeAliasDeclaration(declaration)) return false;
  return path.basename(declaration.getSourceFile().fileName) !== CLIENT && isWide(declaration.type);
}

/** The first type argument of a reference to `name`. */
function argumentOf(type, name) {
  const isOne = type !== undefined && ts.isTypeReferenceNode(type) && type.typeName.getText() === name;
  return isOne ? type.typeArguments?.[0] : undefined;
}

const isPublic = (node) => node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) ?? false;
const nameOf = (node) => (node.name === undefined ? "" : ts.isStringLiteral(node.name) ? node.name.text : node.name.getText());

class ModuleCount {
  functions = new Set();
  classes = new Set();
  methods = new Set();
  properties = new Set();
  constants = new Set();
  positions = [];
  #seen = new Set();

  constructor(source) {
    this.source = source;
    this.file = path.basename(source.fileName);
    this.interfaces = new Map(source.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node]));
    for (const node of source.statements) {
      if (ts.isFunctionDeclaration(node) && isPublic(node)) {
        this.functions.add(nameOf(node));
        this.#signature(node, "", nameOf(node));
      } else if (ts.isVariableStatement(node) && isPublic(node)) {
        node.declarationList.declarations.forEach((declaration) => this.#variable(nameOf(declaration), declaration.type, ""));
      } else if (ts.isInterfaceDeclaration(node)) {
        this.#interface(node);
      }
    }
  }

  /** A class, a callable value, a constant, or the members of a submodule in an object. */
  #variable(name, type, owner) {
    const made = type && ts.isTypeReferenceNode(type) ? this.interfaces.get(type.typeName.getText()) : undefined;
    const instance = made && this.#instanceOf(made);
    if (instance !== undefined) {
      this.classes.add(owner + name);
      // A class may have several names.
      if (!this.#seen.has(made)) this.#statics(made, instance);
      this.#seen.add(made);
    } else if (type && ts.isTypeLiteralNode(type)) {
      this.#members(type.members, owner, name);
    } else if (type && ts.isFunctionTypeNode(type)) {
      this.functions.add(owner + name);
      this.#signature(type, owner, name);
    } else if (made !== undefined) {
      this.functions.add(owner + name);
      made.members.filter(ts.isCallSignatureDeclaration).forEach((member) => this.#signature(member, owner, name));
    } else {
      this.constants.add(owner + name);
      this.#position(owner, name, "return", argumentOf(type, "PythonConstant") ?? type);
    }
  }

  #members(members, owner, name) {
    for (const member of members) {
      if (ts.isCallSignatureDeclaration(member)) {
        this.functions.add(owner + name);
        this.#signature(member, owner, name);
      } else if (ts.isMethodSignature(member)) {
        this.functions.add(`${owner}${name}.${nameOf(member)}`);
        this.#signature(member, owner, `${name}.${nameOf(member)}`);
      } else if (ts.isPropertySignature(member)) {
        this.#variable(`${name}.${nameOf(member)}`, member.type, owner);
      }
    }
  }

  /** The name in Python of a class, which its interface states as the first of the names it inherits. */
  #python(node) {
    for (const base of node.heritageClauses?.flatMap((clause) => clause.types) ?? []) {
      const at = NAMED_BY[base.expression.getText()];
      if (at === undefined) continue;
      let type = base.typeArguments?.[at];
      if (type && ts.isUnionTypeNode(type)) type = type.types[0];
      if (type && ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return type.literal.text;
    }
    return undefined;
  }

  #instanceOf(node) {
    for (const base of node.heritageClauses?.flatMap((clause) => clause.types) ?? []) {
      if (base.expression.getText() === "PyClass") return base.typeArguments?.[0];
    }
    return undefined;
  }

  #interface(node) {
    const python = this.#python(node);
    if (python === undefined) return;
    for (const member of node.members) {
      const name = nameOf(member);
      if (name.startsWith("[")) continue;
      if (ts.isMethodSignature(member) || ts.isCallSignatureDeclaration(member)) {
        this.methods.add(`${python}.${name || "__call__"}`);
        this.#signature(member, python, name || "__call__");
      } else if (ts.isPropertySignature(member)) {
        this.properties.add(`${python}.${name}`);
        this.#property(python, member);
      }
    }
  }

  #statics(node, instance) {
    const declaration = ts.isTypeReferenceNode(instance) ? declarationOf(instance.typeName) : undefined;
    const python = (declaration && ts.isInterfaceDeclaration(declaration) && this.#python(declaration)) || instance.getText();
    for (const member of node.members) {
      if (ts.isCallSignatureDeclaration(member)) {
        this.#signature(member, python, "__init__");
      } else if (ts.isMethodSignature(member)) {
        this.methods.add(`${python}.${nameOf(member)}`);
        this.#signature(member, python, nameOf(member));
      } else if (ts.isPropertySignature(member)) {
        this.properties.add(`${python}.${nameOf(member)}`);
        this.#property(python, member);
      }
    }
  }

  /** What a property holds. A member of an enum is a value, and holds nothing. */
  #property(owner, node) {
    const held = argumentOf(node.type, "PythonConstant") ?? argumentOf(node.type, "PythonProperty");
    if (held !== undefined) this.#position(owner, nameOf(node), "return", held);
  }

  /** Every parameter, every keyword of `Kw<{…}>`, and what is returned, out of its promise. */
  #signature(node, owner, name) {
    for (const parameter of node.parameters) {
      if (nameOf(parameter) === "this") continue;
      if (parameter.dotDotDotToken === undefined) {
        this.#parameter(owner, name, nameOf(parameter), parameter.type);
      } else if (ts.isTupleTypeNode(parameter.type)) {
        for (const element of parameter.type.elements) {
          const type = ts.isNamedTupleMember(element) ? element.type : element;
          if (ts.isRestTypeNode(type)) this.#rest(owner, name, type.type);
          else this.#parameter(owner, name, nameOf(parameter), ts.isOptionalTypeNode(type) ? type.type : type);
        }
      } else {
        this.#rest(owner, name, parameter.type);
      }
    }
    this.#position(owner, name, "return", argumentOf(node.type, "Promise") ?? node.type);
  }

  #rest(owner, name, type) {
    this.#position(owner, name, "*", ts.isArrayTypeNode(type) ? type.elementType : type);
  }

  #parameter(owner, name, at, type) {
    const keywords = argumentOf(type, "Kw");
    if (keywords !== undefined && ts.isTypeLiteralNode(keywords)) {
      for (const keyword of keywords.members) {
        this.#position(owner, name, ts.isIndexSignatureDeclaration(keyword) ? "**" : nameOf(keyword), keyword.type);
      }
    } else {
      this.#position(owner, name, keywords === undefined ? at : "**", keywords ?? type);
    }
  }

  #position(owner, name, at, type) {
    this.positions.push({ owner, name, at, state: state(type), text: type?.getText().slice(0, 120) ?? "" });
  }

  toJSON() {
    const { functions, classes, methods, properties, constants, positions } = this;
    const lists = Object.entries({ functions, classes, methods, properties, constants });
    return { ...Object.fromEntries(lists.map(([kind, set]) => [kind, [...set].sort()])), positions };
  }
}

const counts = {};
for (const name of names) {
  if (name === CLIENT) continue;
  const source = program.getSourceFile(path.join(folder, name));
  counts[name.slice(0, -".d.ts".length)] = new ModuleCount(source);
}
process.stdout.write(JSON.stringify(counts));
