// SPDX-License-Identifier: GPL-2.0-only
//
// usage: node client.mjs URL DESCRIPTORS CASE
//
// The Connect client as npm has it calls kelp over HTTP/1.1. DESCRIPTORS is
// what protoc --descriptor_set_out makes of kelp's .proto files. Status 0 when
// the case of that name is well.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

const [baseUrl, descriptors, name] = process.argv.slice(2);
const registry = createFileRegistry(
	fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));

function client(service, options = {}) {
	return createClient(registry.getService(service), createConnectTransport({
		baseUrl, httpVersion: "1.1", useBinaryFormat: true, ...options,
	}));
}

async function fails(code, promise, text = /./) {
	await assert.rejects(promise, (error) => {
		assert(error instanceof ConnectError, String(error));
		assert.equal(Code[error.code], Code[code]);
		assert.match(error.rawMessage, text);
		return true;
	});
}

const most = 2n ** 63n - 1n;

const cases = {
	async add() {
		const calc = client("kelp.Calc");
		for (const [a, b] of [[1n, 2n], [0n, 0n], [-5n, 3n], [most, -1n]])
			assert.equal((await calc.add({ a, b })).sum, a + b);
	},

	async invalidArgument() {
		const kv = client("kelp.KV");
		const key = Buffer.from("key"), value = Buffer.from("value");
		assert((await kv.set({ key, value })).stored);
		// a key has at least one byte
		await fails(Code.InvalidArgument, kv.set({ value }));
		assert.equal(Buffer.from((await kv.get({ key })).value).toString(),
			"value");
	},

	async unimplemented() {
		await fails(Code.Unimplemented, client("kelp.Status").list({}));
	},

	// The client sends bodies in chunks.
	async echo() {
		const echo = client("kelp.Echo");
		for (const size of [0, 1, 1000, 100000]) {
			const message = new Uint8Array(size).map((_, i) => i * 7);
			const answer = await echo.echo({ message });
			assert.deepEqual(Buffer.from(answer.message),
				Buffer.from(message));
		}
	},

	async timeout() {
		const calc = client("kelp.Calc");
		const answer = await calc.add({ a: 1n, b: 2n }, { timeoutMs: 60000 });
		assert.equal(answer.sum, 3n);
	},

	// Eight at a time, so that connections are kept and used again; the
	// forwarded port between here and the guest takes no storm of them.
	async many() {
		const calc = client("kelp.Calc");
		await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
			for (let i = 0n; i < 25n; i++) {
				const a = BigInt(lane) * 1000n;
				assert.equal((await calc.add({ a, b: i })).sum, a + i);
			}
		}));
	},

	// kelp speaks protobuf only: this is a request for something else.
	async json() {
		const calc = client("kelp.Calc", { useBinaryFormat: false });
		await assert.rejects(calc.add({ a: 1n, b: 2n }), ConnectError);
	},
};

await cases[name]();
// Kept connections would keep the process for as long as the server keeps them.
process.exit(0);
