package orrery.engine.launch;

/** Who starts the workers. Everything above is the same code, wherever they run. */
public sealed interface Launcher permits Threads, Members, Membership {}
