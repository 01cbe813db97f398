import assert from "node:assert/strict";
import { test } from "node:test";

import { forServer, given, ofUser, serverNames, type Inspected } from "../src/settings";

test("the program's path is the user's alone", () => {
  assert.equal(ofUser({ globalValue: " /opt/hullcheck " }), "/opt/hullcheck");
  assert.equal(ofUser({ workspaceValue: "/project/evil", workspaceFolderValue: "/project/evil" }), "");
  assert.equal(ofUser({ globalValue: ["/opt/hullcheck"] }), "");
  assert.equal(ofUser(undefined), "");
});

test("the nearer value has the word", () => {
  assert.equal(given({ globalValue: 1, workspaceValue: 2, workspaceFolderValue: 3 }), 3);
  assert.equal(given({ globalValue: 1, workspaceValue: 2 }), 2);
  assert.equal(given({ globalValue: false }), false);
  assert.equal(given({ globalValue: null }), undefined);
  assert.equal(given({}), undefined);
});

test("the server is told what is set, no default, and not what is the extension's own", () => {
  const names = serverNames({ "hullcheck.path": {}, "hullcheck.profile": {}, "hullcheck.select": {}, "other.x": {} });
  assert.deepEqual(names, ["profile", "select"]);
  const values: Record<string, Inspected & { defaultValue?: unknown }> = {
    profile: { defaultValue: "default", workspaceValue: "strict" },
    select: { defaultValue: ["all"] },
    path: { globalValue: "/opt/hullcheck" },
  };
  assert.deepEqual(forServer(names, (name) => values[name]), { profile: "strict" });
});
