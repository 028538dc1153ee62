package orrery.engine.launch;

/** Who starts the workers. Everything above is the same code, wherever they run. */
public sealed interface Launcher permits Threads, Members, Membership {
    /** On how many members the workers are at first; 1 if they are threads of this JVM. */
    int count();
}
