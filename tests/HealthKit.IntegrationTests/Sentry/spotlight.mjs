// Runs Sentry's own local receiver until its standard input ends. Started by SpotlightTests: folder of the packages and port as arguments.
import { createRequire } from 'node:module';
import { Server } from 'node:net';
import { pathToFileURL } from 'node:url';

const [, , packages, port] = process.argv;
const listen = Server.prototype.listen;
Server.prototype.listen = function (first, ...rest) {
  // Not for the whole network.
  return typeof first === 'object' ? listen.call(this, { ...first, host: '127.0.0.1' }, ...rest) : listen.call(this, first, '127.0.0.1', ...rest.filter(part => typeof part === 'function'));
};

const { setupSpotlight } = await import(pathToFileURL(`${packages}/node_modules/@spotlightjs/spotlight/dist/server/main.js`));
await setupSpotlight({ port: Number(port), isStandalone: true });
console.log('ready');
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
