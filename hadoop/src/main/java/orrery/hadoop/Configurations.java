package orrery.hadoop;

import org.apache.hadoop.conf.Configuration;

/** Hadoop's settings: those of the class path, and {@code spark.hadoop.*} of the application where this runs within Spark. */
final class Configurations {
    private Configurations() {}

    static Configuration current() {
        try {
            // by name: this module must do without Spark
            var env =
                    Class.forName("org.apache.spark.SparkEnv").getMethod("get").invoke(null);
            if (env == null) {
                return new Configuration();
            }
            var settings = env.getClass().getMethod("conf").invoke(env);
            var util = Class.forName("org.apache.spark.deploy.SparkHadoopUtil")
                    .getMethod("get")
                    .invoke(null);
            return (Configuration) util.getClass()
                    .getMethod("newConfiguration", settings.getClass())
                    .invoke(util, settings);
        } catch (ReflectiveOperationException | LinkageError e) {
            return new Configuration();
        }
    }
}
