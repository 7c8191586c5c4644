// Node's `crypto` as far as destinations use it, over the sandbox's digests.

const { __hash: hash, __hmac: hmac } = globalThis.crypto

class Digest {
  #name
  #key
  #parts = []
  constructor(name, key) {
    this.#name = String(name).toLowerCase().replace('-', '')
    this.#key = key
  }
  update(data, encoding) {
    this.#parts.push(typeof data === 'string' && encoding && !/^utf-?8$/i.test(encoding) ? Buffer.from(data, encoding) : data)
    return this
  }
  digest(encoding) {
    const data = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts.map((part) => Buffer.from(part)))
    const bytes = this.#key === undefined ? hash(this.#name, data) : hmac(this.#name, this.#key, data)
    if (!bytes) throw new Error(`Digest method not supported: ${this.#name}`)
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return encoding ? buffer.toString(encoding) : buffer
  }
}

const missing = (name) => () => {
  throw new Error(`crypto.${name} is not available here`)
}

module.exports = {
  createHash: (name) => new Digest(name),
  createHmac: (name, key) => new Digest(name, key),
  randomBytes: (size) => Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(size))),
  randomUUID: () => globalThis.crypto.randomUUID(),
  timingSafeEqual(a, b) {
    if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length')
    return a.reduce((difference, byte, i) => difference | (byte ^ b[i]), 0) === 0
  },
  createECDH: missing('createECDH'),
  createCipheriv: missing('createCipheriv'),
  webcrypto: globalThis.crypto,
}
