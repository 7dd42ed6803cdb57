// Copies JSON orders at least once: the offsets of a batch are committed when its output
// is acknowledged. An order that is no JSON goes to the topic for dead letters.
const { Kafka, logLevel } = require('kafkajs')

const env = process.env
const kafka = new Kafka({
  clientId: env.SURETY_NAME,
  brokers: env.SURETY_BOOTSTRAP.split(','),
  logLevel: logLevel.WARN,
})
const consumer = kafka.consumer({ groupId: env.SURETY_GROUP, sessionTimeout: 6000, heartbeatInterval: 1000 })
const producer = kafka.producer()

const shipped = (message) => {
  const order = JSON.parse(message.value.toString())
  return { key: message.key, value: JSON.stringify({ ...order, status: 'shipped' }), headers: message.headers }
}

const copy = async ({ batch, resolveOffset, commitOffsetsIfNecessary, heartbeat, isRunning, isStale }) => {
  if (!isRunning() || isStale()) return
  const orders = []
  const dead = []
  for (const message of batch.messages) {
    try {
      orders.push(shipped(message))
    } catch (error) {
      dead.push({ key: message.key, value: message.value, headers: { reason: String(error) } })
    }
  }
  await producer.sendBatch({
    acks: -1,
    topicMessages: [
      { topic: env.SURETY_OUTPUT, messages: orders },
      { topic: env.SURETY_DEAD_LETTERS, messages: dead },
    ].filter((to) => to.messages.length > 0),
  })
  resolveOffset(batch.lastOffset())
  await commitOffsetsIfNecessary({
    topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset: String(BigInt(batch.lastOffset()) + 1n) }] }],
  })
  await heartbeat()
}

const run = async () => {
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topic: env.SURETY_INPUT, fromBeginning: true })
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: copy })
  console.log('shipping orders of', env.SURETY_INPUT)
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await consumer.disconnect()
    await producer.disconnect()
    process.exit(0)
  })
}

run().catch((error) => {
  console.error(error)
  process.exit(1)
})
