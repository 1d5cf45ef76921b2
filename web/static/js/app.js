/** The console's entry: draws the application into the page. */
document.getElementById('app').textContent = 'amqpd';
