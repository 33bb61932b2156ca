export class SessionModules {}
