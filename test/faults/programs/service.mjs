/**
 * A service as a process of its own, which is told over its channel what to do wrong. Arguments: the port (0 takes a
 * free one). It says `{ port }` each time that it listens.
 */
import http from 'node:http';
import https from 'node:https';

/** What each fault does to one request. */
const faults = {
  well: (_request, response) => response.end('orders'),
  hangs: () => {},
  'answers 500': (_request, response) => response.writeHead(500).end('oh'),
  'answers 503': (_request, response) => response.writeHead(503).end('busy'),
  'resets in its head': ({ socket }) => say(socket, 'HTTP/1.1 200 O', () => socket.resetAndDestroy()),
  'resets in its body': ({ socket }) =>
    say(socket, `HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(1000)}`, () => socket.resetAndDestroy()),
  'drips its head': ({ socket }) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norders'),
  'says garbage': ({ socket }) => say(socket, '\u0001\u0002 what? \u00ff\r\n\r\n', () => socket.end()),
  'announces more than it sends': ({ socket }) =>
    say(socket, `HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(1000)}`, () => socket.end()),
  'sends more than it announces': ({ socket }) =>
    say(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nordersHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
};

let fault = 'well';
let server = null;
let certificate = null;
let port = Number(process.argv[2] ?? 0);

function listen(backlog) {
  const answer = (request, response) => {
    const act = () => faults[fault](request, response);
    request.resume().on('end', act);
  };
  server = certificate === null ? http.createServer(answer) : https.createServer(certificate, answer);
  server.on('connection', (socket) => socket.on('error', () => {}));
  server.listen({ port, host: '127.0.0.1', backlog }, () => {
    port = server.address().port;
    process.send({ port });
  });
}

function close(then) {
  server.close(then);
  server.closeAllConnections();
}

function say(socket, text, then = () => {}) {
  socket.write(text, 'latin1', then);
}

function drip(socket, text) {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at === text.length) clearInterval(timer);
    else socket.write(text[at++], 'latin1');
  }, 100);
}

process.on('message', (message) => {
  if (message.fault !== undefined) {
    fault = message.fault;
    process.send({ fault });
  } else if (message.certificate !== undefined) {
    // Whoever is connected already would never look at the new one.
    certificate = message.certificate;
    close(() => listen(511));
  } else if (message.listen === false) close(() => process.send({ port: null }));
  else if (server?.listening) close(() => listen(message.backlog ?? 511));
  else listen(message.backlog ?? 511);
});
process.on('disconnect', () => process.exit());

listen(511);
