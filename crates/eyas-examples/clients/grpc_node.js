// Checks the example `tonic` with Node's gRPC. Argument: its address, HOST:PORT.
//
// Prints a line per check and ends with 1 at the first that fails. The messages of the service have one
// field each, so they are encoded here by hand, and no code is generated.
'use strict';

const assert = require('node:assert/strict');
const { setTimeout: pause } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');

const MESSAGES = 5000;

function varint(number) {
  const octets = [];
  for (; number > 127; number = Math.floor(number / 128)) octets.push(number % 128 | 128);
  octets.push(number);
  return Buffer.from(octets);
}

function readVarint(octets) {
  let number = 0;
  let used = 0;
  for (let scale = 1; ; scale *= 128) {
    const octet = octets[used++];
    number += (octet & 127) * scale;
    if (octet < 128) return [number, octets.subarray(used)];
  }
}

const words = {
  encode(text) {
    const octets = Buffer.from(text);
    if (octets.length === 0) return octets;
    return Buffer.concat([Buffer.from([0x0a]), varint(octets.length), octets]);
  },
  decode(octets) {
    if (octets.length === 0) return '';
    assert.equal(octets[0], 0x0a);
    const [length, rest] = readVarint(octets.subarray(1));
    assert.equal(length, rest.length);
    return rest.toString();
  },
};

const count = {
  encode: (number) =>
    number === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x08]), varint(number)]),
  decode(octets) {
    if (octets.length === 0) return 0;
    assert.equal(octets[0], 0x08);
    return readVarint(octets.subarray(1))[0];
  },
};

function method(path, takes, gives, requestStream = false, responseStream = false) {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: takes.encode,
    requestDeserialize: takes.decode,
    responseSerialize: gives.encode,
    responseDeserialize: gives.decode,
  };
}

const Client = grpc.makeGenericClientConstructor({
  say: method('/eyas.examples.Talk/Say', words, words),
  collect: method('/eyas.examples.Talk/Collect', words, count, true, false),
  recite: method('/eyas.examples.Talk/Recite', count, words, false, true),
  chat: method('/eyas.examples.Talk/Chat', words, words, true, true),
  sleep: method('/eyas.examples.Talk/Sleep', count, count),
  abandoned: method('/eyas.examples.Talk/Abandoned', count, count),
  nothing: method('/eyas.examples.Talk/Nothing', count, count),
  health: method('/grpc.health.v1.Health/Check', words, count),
});

const soon = (seconds) => ({ deadline: Date.now() + seconds * 1000 });

// The answer of a unary call.
const ask = (talk, name, request, seconds = 30) =>
  new Promise((resolve, reject) => {
    talk[name](request, soon(seconds), (error, answer) => (error ? reject(error) : resolve(answer)));
  });

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'the call succeeded' });
}

async function write(call, text) {
  if (!call.write(text)) await new Promise((resolve) => call.once('drain', resolve));
}

async function untilAbandoned(talk, wanted, seconds) {
  const begun = performance.now();
  while ((await ask(talk, 'abandoned', 0)) < wanted) {
    assert(performance.now() - begun < seconds * 1000, 'the handler was not dropped');
  }
  return performance.now() - begun;
}

const numbered = (word, length, first) =>
  Array.from({ length }, (_, index) => `${word} ${index + first}`);

const checks = {
  async unary(talk) {
    let metadata;
    const answer = await new Promise((resolve, reject) => {
      const call = talk.say('Ada', soon(10), (error, answer) => (error ? reject(error) : resolve(answer)));
      call.on('metadata', (given) => (metadata = given));
    });
    assert.equal(answer, 'Hello, Ada!');
    assert.deepEqual(metadata.get('x-served-by'), ['eyas']);
  },

  async unaryLarge(talk) {
    const name = 'x'.repeat(3_000_000);
    assert.equal(await ask(talk, 'say', name), `Hello, ${name}!`);
  },

  async clientStreaming(talk) {
    let call;
    const answer = new Promise((resolve, reject) => {
      call = talk.collect(soon(60), (error, answer) => (error ? reject(error) : resolve(answer)));
    });
    for (const line of numbered('line', MESSAGES, 0)) await write(call, line);
    call.end();
    assert.equal(await answer, MESSAGES);
  },

  async serverStreaming(talk) {
    const lines = [];
    for await (const line of talk.recite(MESSAGES, soon(60))) lines.push(line);
    assert.deepEqual(lines, numbered('line', MESSAGES, 1));
  },

  async bidiStreaming(talk) {
    const said = numbered('line', MESSAGES, 0);
    const call = talk.chat(soon(60));
    const saying = (async () => {
      for (const line of said) await write(call, line);
      call.end();
    })();
    const heard = [];
    for await (const line of call) heard.push(line);
    await saying;
    assert.deepEqual(heard, said);
  },

  // Each message is said only when the one before has come back.
  async bidiInTurns(talk) {
    const call = talk.chat(soon(60));
    let number = 0;
    call.write(`turn ${number}`);
    for await (const line of call) {
      assert.equal(line, `turn ${number}`);
      if (++number < 200) call.write(`turn ${number}`);
      else call.end();
    }
    assert.equal(number, 200);
  },

  async errorStatus(talk) {
    const error = await failure(ask(talk, 'say', ''));
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.equal(error.details, 'a name is wanted: äöü 100 %');
  },

  async unknownMethod(talk) {
    const error = await failure(ask(talk, 'nothing', 1));
    assert.equal(error.code, grpc.status.UNIMPLEMENTED);
  },

  async deadline(talk) {
    const before = await ask(talk, 'abandoned', 0);
    const begun = performance.now();
    const error = await failure(ask(talk, 'sleep', 60_000, 0.3));
    const took = performance.now() - begun;
    assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
    assert(took > 250 && took < 2000, `took ${took} ms`);
    await untilAbandoned(talk, before + 1, 5);
  },

  // The best of three, so that a machine that stalls does not fail it.
  async cancel(talk) {
    const times = [];
    for (let round = 0; round < 3; round++) {
      const before = await ask(talk, 'abandoned', 0);
      const call = talk.sleep(60_000, () => {});
      await pause(100);
      call.cancel();
      times.push(await untilAbandoned(talk, before + 1, 5));
    }
    const best = Math.min(...times);
    console.log(`   handler dropped after ${best.toFixed(1)} ms`);
    assert(best <= 100, `${times} ms`);
  },

  async cancelStream(talk) {
    const before = await ask(talk, 'abandoned', 0);
    const call = talk.recite(1_000_000_000);
    let lines = 0;
    const error = await new Promise((resolve) => {
      call.on('data', () => {
        if (++lines === 10) call.cancel();
      });
      call.on('error', resolve);
    });
    assert.equal(error.code, grpc.status.CANCELLED);
    await untilAbandoned(talk, before + 1, 5);
  },

  async health(talk) {
    assert.equal(await ask(talk, 'health', ''), 1);
    assert.equal(await ask(talk, 'health', 'eyas.examples.Talk'), 1);
    const error = await failure(ask(talk, 'health', 'nobody'));
    assert.equal(error.code, grpc.status.NOT_FOUND);
  },
};

async function main() {
  const talk = new Client(process.argv[2], grpc.credentials.createInsecure());
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(talk);
    } catch (error) {
      console.log(`failed: ${name}: ${error.message}`);
      process.exit(1);
    }
    console.log(`ok: ${name}`);
  }
  talk.close();
}

main();
