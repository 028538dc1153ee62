/** Images as examples of nets: idx, CIFAR's binary files, records and folders of JPEG and PNG. */
@NullMarked
package orrery.deep.image;

import org.jspecify.annotations.NullMarked;
