package orrery.hadoop;

import org.apache.hadoop.conf.Configuration;

/** Hadoop's settings: Spark's, where this runs within Spark, or those of the class path. */
final class Configurations {
    private Configurations() {}

    static Configuration current() {
        try {
            // by name: this module must do without Spark
            var deploy = Class.forName("org.apache.spark.deploy.SparkHadoopUtil");
            var spark = deploy.getMethod("get").invoke(null);
            return new Configuration((Configuration) deploy.getMethod("conf").invoke(spark));
        } catch (ReflectiveOperationException | LinkageError e) {
            return new Configuration();
        }
    }
}
