/** `node stream.js down|up PORT BYTES`: moves one large body through a proxy and prints the seconds it took. */
import { connect } from 'node:net';

const [direction, port, size] = process.argv.slice(2) as ['down' | 'up', string, string];
const length = Number(size);
const slab = Buffer.alloc(64 * 1024, 'strangler ');
const headEnd = Buffer.from('\r\n\r\n');
/** What is read is only counted, so every read may land in the same place. */
const scratch = Buffer.alloc(256 * 1024);

let expected = -1;
let received = 0;
const began = performance.now();

const socket = connect({
  port: Number(port),
  host: '127.0.0.1',
  onread: {
    buffer: scratch,
    callback: (count) => {
      read(scratch.subarray(0, count));
      return true;
    },
  },
});
socket.on('close', () => {
  console.error(`the connection was closed after ${received} of ${expected} bytes`);
  process.exit(1);
});
socket.on('error', () => {});
const caller = `Host: 127.0.0.1:${port}\r\nCookie: session=s1\r\n`;
if (direction === 'down') socket.write(`GET /api/bytes/${length} HTTP/1.1\r\n${caller}\r\n`);
else {
  socket.write(`POST /api/uploads/1 HTTP/1.1\r\n${caller}Content-Length: ${length}\r\n\r\n`);
  pour(length);
}

function pour(left: number): void {
  while (left > 0) {
    const chunk = left >= slab.length ? slab : slab.subarray(0, left);
    left -= chunk.length;
    if (!socket.write(chunk)) {
      socket.once('drain', () => pour(left));
      return;
    }
  }
}

function read(bytes: Buffer): void {
  if (expected === -1) {
    const end = bytes.indexOf(headEnd);
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 200')) {
      console.error(head);
      process.exit(1);
    }
    expected = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
    received = -(end + headEnd.length);
  }
  received += bytes.length;
  if (received < expected) return;
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1_000 }));
  process.exit();
}
