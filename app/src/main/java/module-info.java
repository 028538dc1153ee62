/** The command line. */
module orrery.app {
    requires info.picocli;
    requires orrery.learn;
    requires static transitive org.jspecify;

    opens orrery.app to
            info.picocli;
}
