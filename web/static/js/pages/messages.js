export const Messages = () => null;
export const QueueMessages = () => null;
