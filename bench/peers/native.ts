/**
 * The servers that are no Node programs, each on one thread, with access logs off and connections to the target
 * kept: what one strangler process is given. Answers are streamed, and the caller's address is passed on, as
 * strangler does.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Peer, versionOf } from './peer.ts';

export const nginx: Peer = {
  name: 'nginx',
  version: () => versionOf('nginx', ['-v'], /nginx\/([\d.]+)/),
  async command({ port, targetPort, folder }) {
    const file = join(folder, 'nginx.conf');
    await writeFile(
      file,
      `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  upstream target { server 127.0.0.1:${targetPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location / {
      proxy_pass http://target;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
    }
  }
}
`,
    );
    return { file: 'nginx', args: ['-c', file, '-p', folder, '-e', 'stderr'] };
  },
};

export const haproxy: Peer = {
  name: 'HAProxy',
  version: () => versionOf('haproxy', ['-v'], /version ([\d.]+)/),
  async command({ port, targetPort, folder }) {
    const file = join(folder, 'haproxy.cfg');
    await writeFile(
      file,
      `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  option forwardfor
  http-reuse always
frontend callers
  bind 127.0.0.1:${port}
  default_backend target
backend target
  server one 127.0.0.1:${targetPort} pool-max-conn 256
`,
    );
    return { file: 'haproxy', args: ['-db', '-f', file] };
  },
};

export const caddy: Peer = {
  name: 'Caddy',
  version: () => versionOf('caddy', ['version'], /v?(\d[\d.]+)/),
  async command({ port, targetPort, folder }) {
    const file = join(folder, 'Caddyfile');
    await writeFile(
      file,
      `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${targetPort} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
`,
    );
    return {
      file: 'caddy',
      args: ['run', '--config', file, '--adapter', 'caddyfile'],
      env: { GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    };
  },
};
