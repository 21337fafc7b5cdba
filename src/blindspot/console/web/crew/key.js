// The private key of a person: opened in this page, kept in memory, forgotten after 15 minutes without use. The file is
// PKCS #8 under PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC; neither file nor pass-phrase leaves the page.

const FORGET_MS = 15 * 60 * 1000, LARGEST_FILE = 10_000, MOST_ROUNDS = 10_000_000;
const PBES2 = "2a864886f70d01050d", PBKDF2 = "2a864886f70d01050c", HMAC_SHA256 = "2a864886f70d0209", AES256_CBC = "60864801650304012a";
const SEQUENCE = 0x30, INTEGER = 0x02, OCTETS = 0x04, OBJECT = 0x06;
let own = null;  // {person, role, key, hex, used, usedAt}

const hex = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");

// The person whose key is open: {name, role, minutes}; null without a key, or after the time.
export function unlocked() {
  if (own && (performance.now() - own.used > FORGET_MS || Date.now() - own.usedAt > FORGET_MS)) own = null;
  return own && { name: own.person, role: own.role, minutes: Math.ceil((FORGET_MS - (performance.now() - own.used)) / 60000) };
}

export function lock() { own = null; }

// The public half of the open key, as the fleet file has it.
export const publicKey = () => own.hex;

// The server named the person of an open key.
export function belongsTo(person, role) {
  if (own && !own.person) Object.assign(own, { person, role });
}

function use() { own.used = performance.now(); own.usedAt = Date.now(); }

// Open a key file; "" or the key of a text that says why not. `people` are those of the fleet file; null before a login,
// which names the person.
export async function unlock(file, passphrase, people) {
  if (!crypto.subtle) return "key.no_crypto";
  if (!file || file.size > LARGEST_FILE) return "key.no_file";
  let way, opened;
  try { way = parsed(await file.text()); } catch { return "key.no_file"; }
  try {
    const plain = new Uint8Array(await decrypted(way, passphrase));
    opened = await imported(plain);
    plain.fill(0);
  } catch (error) {
    return error.name === "NotSupportedError" ? "key.no_crypto" : "key.wrong";
  }
  const person = people ? people.find(one => one.key === opened.hex) : { name: "", role: "" };
  if (!person) return "key.stranger";
  own = { person: person.name, role: person.role, key: opened.key, hex: opened.hex };
  use();
  return "";
}

// The signature over a text, in base64.
export async function sign(text) {
  if (!unlocked()) throw new Error("locked");
  use();
  const signed = await crypto.subtle.sign("Ed25519", own.key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signed)));
}

async function decrypted({ salt, rounds, start, locked }, passphrase) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  const secret = await crypto.subtle.deriveKey(how, typed, { name: "AES-CBC", length: 256 }, false, ["decrypt"]);
  return crypto.subtle.decrypt({ name: "AES-CBC", iv: start }, secret, locked);
}

// The key that can't be exported, and its public half.
async function imported(plain) {
  const readable = await crypto.subtle.importKey("pkcs8", plain, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", readable);
  const bytes = atob(x.replaceAll("-", "+").replaceAll("_", "/"));
  return { key: await crypto.subtle.importKey("pkcs8", plain, "Ed25519", false, ["sign"]), hex: hex(Uint8Array.from(bytes, letter => letter.charCodeAt(0))) };
}

// Salt, rounds, start value and content of a key file. Throws for a file of another kind.
function parsed(pem) {
  const text = /-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED PRIVATE KEY-----/.exec(pem)[1];
  const [whole] = values(Uint8Array.from(atob(text.replace(/\s/g, "")), letter => letter.charCodeAt(0)));
  const [way, locked] = values(inside(whole, SEQUENCE));
  const [kind, schemes] = values(inside(way, SEQUENCE));
  expect(kind, PBES2);
  const [derivation, cipher] = values(inside(schemes, SEQUENCE));
  const [derives, how] = values(inside(derivation, SEQUENCE));
  expect(derives, PBKDF2);
  const [salt, number, ...rest] = values(inside(how, SEQUENCE));
  const [prf] = values(inside(rest.at(-1), SEQUENCE));
  expect(prf, HMAC_SHA256);
  const [encrypts, start] = values(inside(cipher, SEQUENCE));
  expect(encrypts, AES256_CBC);
  const rounds = parseInt(hex(inside(number, INTEGER)), 16);
  if (!(rounds > 0 && rounds <= MOST_ROUNDS)) throw new Error("rounds");
  return { salt: inside(salt, OCTETS), rounds, start: inside(start, OCTETS), locked: inside(locked, OCTETS) };
}

// The values of the distinguished encoding rules, one after the other.
function values(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at];
    let size = bytes[at + 1], begin = at + 2;
    if (size > 0x80) {
      begin += size - 0x80;
      size = parseInt(hex(bytes.slice(at + 2, begin)), 16);
    }
    at = begin + size;
    if (!(at <= bytes.length)) throw new Error("cut");
    found.push({ tag, body: bytes.slice(begin, at) });
  }
  return found;
}

function inside(value, tag) {
  if (!value || value.tag !== tag) throw new Error("another value");
  return value.body;
}

function expect(value, object) {
  if (hex(inside(value, OBJECT)) !== object) throw new Error("another way");
}
