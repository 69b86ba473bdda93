/** For the browser: the ticker on the home page (WebSocket) and an order's status as it changes (events). */
export const script = `const ticker = document.querySelector('[data-ticker] span');
if (ticker) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(scheme + '//' + location.host + '/ws/ticker');
  socket.addEventListener('message', ({ data }) => {
    const { type, sku, onHand } = JSON.parse(data);
    if (type === 'stock') ticker.textContent = sku + ' × ' + onHand;
  });
}

const order = document.querySelector('[data-order]');
if (order) {
  const events = new EventSource('/api/orders/' + order.dataset.order + '/events');
  const show = ({ data }) => {
    const { status } = JSON.parse(data);
    const mark = order.querySelector('.status');
    mark.textContent = status;
    mark.className = 'status ' + status;
  };
  events.addEventListener('snapshot', show);
  events.addEventListener('order', show);
}
`;
