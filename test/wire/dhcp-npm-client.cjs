// npm's `dhcp` package as an independent client (it is not fit to serve: see docs). Argument: the MAC. Prints `{"bound":{…}}`.
const dhcp = require('dhcp');

const client = dhcp.createClient({ mac: process.argv[2], features: ['hostname'] });
client.on('message', (message) => console.error('message', message.options[53], message.yiaddr));
client.on('error', (error) => console.error('npm dhcp:', error));
client.on('bound', (state) => {
  console.log(JSON.stringify({ bound: { address: state.address, server: state.server } }));
  client.close();
});
client.on('listening', (socket) => {
  socket.setBroadcast(true);
  client.sendDiscover();
});
client.listen(68);
