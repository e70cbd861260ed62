// Calls of `fastapi`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as fastapi from "whole-surface-python/fastapi";

export async function accepted(): Promise<unknown[]> {
  const a: fastapi.FastAPI = await fastapi.FastAPI();
  const b = await a.routes;
  const c = await a.openapi();
  const d: fastapi.APIRouter = await fastapi.APIRouter(kw({ prefix: "/v1" }));
  const e: null = await a.include_router(d);
  const f = await fastapi.Query(1);
  const g = await fastapi.Path(kw({ gt: 0 }));
  const h = await fastapi.Header(null);
  const i: fastapi.HTTPException = await fastapi.HTTPException(404, "missing");
  const j: string = await i.__str__();
  const k: fastapi.Response = await fastapi.Response("text", 200);
  const l: number = await i.status_code;
  const m: string = await a.title;
  return [a, b, c, d, e, f, g, h, i, j, k, l, m];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a status is a number
  await fastapi.HTTPException("404");
  // @ts-expect-error no such keyword
  await fastapi.FastAPI(kw({ name: "x" }));
}
