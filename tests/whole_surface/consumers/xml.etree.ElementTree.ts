// Ten calls of `xml.etree.ElementTree`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as etree from "whole-surface-python/xml.etree.ElementTree";

export async function accepted(): Promise<unknown[]> {
  const a = await etree.fromstring("<a><b/></a>");
  const b = await a.tag;
  const c = await a.find("b");
  const d = await a.findall("b");
  const e = await etree.Element("c", { k: "v" });
  const f: null = await a.append(e);
  const g = await etree.SubElement(a, "d");
  const h = await etree.tostring(a, "unicode");
  const i: null = await etree.indent(a);
  const j = await etree.ElementTree(a);
  const k = await j.getroot();
  const l = await a.get("k");
  const m: boolean = await etree.iselement(a);
  const n = await etree.tostring(a, kw({ short_empty_elements: false }));
  return [a, b, c, d, e, f, g, h, i, j, k, l, m, n];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a tag is a text
  await etree.SubElement(await etree.Element("a"), 1);
  // @ts-expect-error text is no element
  await (await etree.Element("a")).append("b");
}
