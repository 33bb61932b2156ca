import { expect, it } from "vitest";
import { shapeOf } from "../../../src/harness/probe/labels.js";

it.each([
  ["/orders/17/items?page=2", "/orders/:id/items"],
  ["/orders/0f0e0d0c-0b0a-4909-8807-060504030201", "/orders/:id"],
  ["/orders/V1StGXR8_Z5jdHi6B-myT", "/orders/:id"],
  ["/orders/1/2", "/orders/:id/:id"],
  ["/api/v2/long-resource-name-here", "/api/v2/long-resource-name-here"],
  ["/", "/"],
  ["", ""],
])("%s has the shape %s", (url, shape) => expect(shapeOf(url)).toBe(shape));
