// Ten calls of `pydantic`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as models from "whole-surface-python/tywrap_torture.models";
import * as pydantic from "whole-surface-python/pydantic";

export async function accepted(): Promise<unknown[]> {
  const a: models.User = await models.User(kw({ name: "a", age: 1 }));
  const b: string = await a.name;
  const c = await a.model_dump();
  const d: string = await a.model_dump_json();
  const e: models.User = await a.model_copy();
  const f = await models.User.model_validate({ name: "a", age: 1 });
  const g = await models.User.model_json_schema();
  const h: pydantic.SecretStr = await pydantic.SecretStr("secret");
  const i: string = await h.get_secret_value();
  const j = await pydantic.Field(kw({ default: 1 }));
  const k: boolean = pydantic.BaseModel[Symbol.hasInstance](a);
  const l: Set<string> = await a.model_fields_set;
  return [a, b, c, d, e, f, g, h, i, j, k, l];
}

export async function refused(): Promise<void> {
  // @ts-expect-error an age is a number
  await models.User(kw({ name: "a", age: "old" }));
  // @ts-expect-error a secret is a text
  await pydantic.SecretStr(1);
}
