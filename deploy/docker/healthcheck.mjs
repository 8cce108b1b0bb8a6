/** Ends with 0 when the process of this container answers /healthz: the images have no curl. */
import { get } from 'node:http';

const { METRICS_HOST: host, METRICS_PORT: port = '9399' } = process.env;
const everywhere = host === undefined || host === '' || host === '0.0.0.0' || host === '::';

// With METRICS_PORT=0 nothing is served: that the process runs is all there is to know.
if (port !== '0') {
  get({ host: everywhere ? '127.0.0.1' : host, port, path: '/healthz', timeout: 4000 }, (response) => {
    process.exitCode = response.statusCode === 200 ? 0 : 1;
    response.resume();
  })
    .on('timeout', function () {
      this.destroy(new Error('no answer'));
    })
    .on('error', (error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
}
